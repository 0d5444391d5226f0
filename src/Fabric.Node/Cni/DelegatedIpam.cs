using System.Diagnostics;
using System.Text.Json;
using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

/// <summary>
/// What a delegated IPAM plugin is asked, and what its answer means. Pure: the CNI server sends the frames, in this
/// order.
/// </summary>
/// <remarks>
/// ADD: run <see cref="Run"/> before anything is made; if the attachment fails afterwards, run <see cref="Undo"/> in
/// the same call and answer with the attachment's error, not the undo's. A plugin whose ADD failed is not undone: the
/// runtime's DEL follows (CNI SPEC 1.1, section 2). DEL: run it after the flows are gone and whether or not there is a
/// record of the attachment, since a lease may outlive our record. An agent that dies between ADD and its answer never
/// undoes a lease by itself: without the runtime's call there is nobody on the host to run the plugin.
/// </remarks>
public static class DelegatedIpam
{
    // CNI 1.1.0 introduced GC and STATUS: plugins of an older configuration don't know the commands.
    private const string FirstWithGcAndStatus = "1.1.0";

    /// <summary>The round that forwards this call to its IPAM plugin, or null if the call has none to forward
    /// to.</summary>
    public static CniExecFrame? Run(CniRequest request, uint id)
    {
        ArgumentNullException.ThrowIfNull(request);
        var configuration = request.Configuration;
        if (configuration.Ipam is not { } ipam)
            return null;
        if (request.Command is CniCommand.Gc or CniCommand.Status && configuration.CniVersion != FirstWithGcAndStatus)
            return null;
        return new CniExecFrame(id, ipam.Type, [], configuration.Raw);
    }

    /// <summary>The round that gives back what this ADD's plugin gave.</summary>
    public static CniExecFrame? Undo(CniRequest request, uint id) => Run(request, id) is { } run
        ? run with { Environment = [new CniOverride("CNI_COMMAND", "DEL")] }
        : null;

    /// <summary>What the plugin's end means for the call.</summary>
    public static IpamOutcome Interpret(CniRequest request, CniExecResultFrame ended)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(ended);
        var plugin = request.Configuration.Ipam?.Type ?? throw new ArgumentException("the call has no IPAM plugin", nameof(request));
        if (ended.Outcome == CniExecOutcome.Exited && ended.Status == 0)
        {
            if (request.Command != CniCommand.Add)
                return new IpamOutcome.Done();
            return CniResultReader.ReadIpam(ended.Stdout, out var fault) is { } result
                ? new IpamOutcome.Leased(result)
                : new IpamOutcome.Failed(CniErrors.DelegateFailed(plugin, "its result is unusable: " + fault, request.Correlation));
        }
        return new IpamOutcome.Failed(OwnError(plugin, request, ended) ?? Failure(plugin, request, ended));
    }

    /// <summary>The error object that the plugin printed, if it did.</summary>
    private static CniError? OwnError(string plugin, CniRequest request, CniExecResultFrame ended)
    {
        if (ended.Outcome != CniExecOutcome.Exited)
            return null;
        try
        {
            using var document = JsonDocument.Parse(ended.Stdout);
            var json = document.RootElement;
            if (json.ValueKind != JsonValueKind.Object || CniJson.Int(json, "code", 1, int.MaxValue) is not { } code)
                return null;
            return CniErrors.FromDelegate(
                plugin, code, CniJson.String(json, "msg"), CniJson.String(json, "details"), request.Correlation);
        }
        catch (Exception e) when (e is JsonException or CniJsonException or InvalidOperationException)
        {
            // It printed something else; the exit code and its log are all there is to report.
            return null;
        }
    }

    private static CniError Failure(string plugin, CniRequest request, CniExecResultFrame ended)
    {
        var log = System.Text.Encoding.UTF8.GetString(ended.Stderr.Span);
        var cause = ended.Outcome switch
        {
            CniExecOutcome.Exited => FormattableString.Invariant($"it exited with {ended.Status} and printed no CNI error"),
            CniExecOutcome.Signaled => FormattableString.Invariant($"signal {ended.Status} ended it"),
            CniExecOutcome.NotFound or CniExecOutcome.NotStarted => log,
            CniExecOutcome.TimedOut => "it did not end in time and was killed",
            CniExecOutcome.OutputTooLong => "it printed more than 768 KiB and was killed",
            _ => throw new UnreachableException(ended.Outcome.ToString()),
        };
        return CniErrors.DelegateFailed(plugin, cause, request.Correlation, cause == log ? "" : log);
    }
}
