using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Fabric.Messages;
using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

/// <summary>Calls the IPAM plugin of a configuration through the CNI binary (CNI SPEC 1.1, section 4).</summary>
public sealed class DelegatedIpam(ICniExecutor executor, CniRequest request)
{
    private string Plugin => request.Configuration.Ipam!.Type;

    /// <returns>The addresses, or the error to answer with.</returns>
    public async Task<(IpamResult? Result, CniError? Error)> AddAsync(CancellationToken cancellationToken)
    {
        var answer = await RunAsync("ADD", cancellationToken);
        if (ErrorOf(answer) is { } error)
            return (null, error);
        var result = CniResultReader.ReadIpam(answer.Stdout, out var fault);
        return result is not null
            ? (result, null)
            : (null, CniErrors.DelegateFailed(Plugin, $"its result can't be read: {fault}", request.Correlation, Log(answer)));
    }

    /// <summary>DEL, CHECK, GC or STATUS: null for success.</summary>
    public async Task<CniError?> CallAsync(string command, CancellationToken cancellationToken) =>
        ErrorOf(await RunAsync(command, cancellationToken));

    private Task<CniExecResultFrame> RunAsync(string command, CancellationToken cancellationToken) => executor.ExecuteAsync(
        Plugin, [new CniOverride("CNI_COMMAND", command)], request.Configuration.Raw, cancellationToken);

    private CniError? ErrorOf(CniExecResultFrame answer)
    {
        var cause = answer.Outcome switch
        {
            CniExecOutcome.Exited when answer.Status == 0 => null,
            CniExecOutcome.Exited => $"exit status {answer.Status}",
            CniExecOutcome.Signaled => $"ended by signal {answer.Status}",
            CniExecOutcome.NotFound => $"not found in CNI_PATH ({request.CniPath})",
            CniExecOutcome.NotStarted => $"could not be started, errno {answer.Status}",
            CniExecOutcome.TimedOut => "did not end in time",
            CniExecOutcome.OutputTooLong => "wrote too much",
            _ => answer.Outcome.ToString(),
        };
        if (cause is null)
            return null;
        return OwnError(answer.Stdout) is var (code, message, details)
            ? CniErrors.FromDelegate(Plugin, code, message, details, request.Correlation)
            : CniErrors.DelegateFailed(Plugin, cause, request.Correlation, Log(answer));
    }

    private static string Log(CniExecResultFrame answer) => Encoding.UTF8.GetString(answer.Stderr.Span);

    /// <summary>The plugin's error object (CNI SPEC 1.1, section 5), if its output is one.</summary>
    private static (int Code, string Message, string Details)? OwnError(ReadOnlyMemory<byte> stdout)
    {
        try
        {
            using var document = JsonDocument.Parse(stdout);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object
                || !root.TryGetProperty("code", out var code) || !code.TryGetInt32(out var number)
                || !root.TryGetProperty("msg", out var message) || message.ValueKind != JsonValueKind.String)
                return null;
            var details = root.TryGetProperty("details", out var more) && more.ValueKind == JsonValueKind.String
                ? more.GetString()!
                : "";
            return (number, message.GetString()!, details);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The addresses and routes that a port is to have.</summary>
    public static (ImmutableArray<AddressPrefix> Addresses, ImmutableArray<PodRoute> Routes) Shape(IpamResult result)
    {
        var routes = result.Routes.Select(r => new PodRoute(r.Destination, r.Gateway
            ?? result.Ips.Where(i => i.Address.Address.IsV6 == r.Destination.IsV6).Select(i => i.Gateway).FirstOrDefault()));
        return ([.. result.Ips.Select(i => i.Address)], [.. routes]);
    }
}
