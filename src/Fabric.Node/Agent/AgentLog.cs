using Fabric.Actors;
using Fabric.Messages;
using Fabric.Node.Cni;
using Microsoft.Extensions.Logging;

namespace Fabric.Node;

/// <summary>Everything that the agent tells its operator, as log lines.</summary>
public sealed partial class AgentLog(ILogger<AgentLog> logger)
    : IHostObserver, IReconcileObserver, IPlumberObserver, ICniObserver, IAdminObserver
{
    /// <summary>Raised by a step of the wall clock, so that it becomes an event.</summary>
    public Action<TimeSpan>? OnClockStepped { get; set; }

    /// <summary>Raised when the journal turns out not to be writable, once until it is again.</summary>
    public Action<string>? OnJournalFault { get; set; }

    /// <summary>Counts what is logged; null until the metrics exist.</summary>
    public NodeMetrics? Metrics { get; set; }

    /// <summary>Why the journal could not be written last, for readiness; cleared by the next commit.</summary>
    public string? JournalFault { get; set; }

    [LoggerMessage(Level = LogLevel.Information, Message = "{text}")]
    public partial void Info(string text);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{text}")]
    public partial void Warn(string text);

    [LoggerMessage(Level = LogLevel.Error, Message = "{text}")]
    public partial void Error(string text, Exception? failure);

    [LoggerMessage(Level = LogLevel.Debug, Message = "CNI {command} {attachment} [{correlation}] done in {milliseconds:0.0} ms")]
    private partial void CniDone(string command, string attachment, string correlation, double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "CNI {command} {attachment} [{correlation}] error {code} after {milliseconds:0.0} ms: {message}")]
    private partial void CniError(string command, string attachment, string correlation, int code, double milliseconds, string message);

    public void EntityFailed(PersistenceId id, Exception failure, bool restarts) => Error(
        restarts ? $"{id} failed and is recovered from its journal" : $"{id} failed too often and stays stopped until the agent restarts",
        failure);

    public void MailboxDeep(PersistenceId id, int depth) => Warn($"{depth} commands wait for {id}");

    public void AppendUnknown(PersistenceId id, string reason)
    {
        Metrics?.AppendUnknown();
        var isNews = JournalFault is null;
        JournalFault = reason;
        if (isNews)
            OnJournalFault?.Invoke(reason);
        Warn($"an append to {id} has an unknown outcome: {reason}");
    }

    public void SnapshotFailed(PersistenceId id, string reason) => Warn($"the snapshot of {id} could not be stored: {reason}");

    public void ManifestUnknown(PersistenceId id, string manifest, long sequenceNr) => Error(
        $"event {sequenceNr} of {id} is {manifest}, which this version does not know; a newer agent has been here, install it again", null);

    public void GapOpened(PersistenceId id, string reason) => Warn($"{id} can't be recorded, work goes on: {reason}");

    public void GapClosed(PersistenceId id, DateTimeOffset from, DateTimeOffset to) =>
        Info($"{id} is recorded again; nothing is known from {from:O} to {to:O}");

    public void ClockStepped(TimeSpan by)
    {
        Warn($"the clock stepped by {by.TotalSeconds:+0.0;-0.0} s");
        OnClockStepped?.Invoke(by);
    }

    public void ClockAhead(PersistenceId id, TimeSpan by) =>
        Warn($"an event of {id} is {by.TotalSeconds:0.0} s ahead of this machine's clock; one of the two clocks is wrong");

    public void SwitchLost(string reason) => Warn($"Open vSwitch lost: {reason}");

    public void SwitchBack(int ports, int flows, TimeSpan outage) =>
        Info($"Open vSwitch in step after {outage.TotalMilliseconds:0} ms: {ports} ports, {flows} flows");

    public void PassFailed(string operation, string message) => Warn($"{operation}: {message}");

    public void DriftFound(int foreign, int missing, bool repaired)
    {
        Metrics?.DriftFound();
        Warn($"drift {(repaired ? "repaired" : "found")}: {foreign} foreign flows, {missing} missing");
    }

    public void PathChanged(PeerPath path)
    {
        if (path.IsUp)
            Info($"the path to {path.Peer} is up again");
        else
            Warn($"the path to {path.Peer} is {path.State}: {path.Diagnostic ?? "no reason given"}");
    }

    public void ForeignGroupsFound(int count, bool removed)
    {
        Metrics?.DriftFound();
        Warn($"{count} foreign groups on the bridge{(removed ? ", removed" : "")}");
    }

    public void ForeignPortsFound(IReadOnlyCollection<string> ports)
    {
        if (ports.Count == 0)
            Info("no foreign port is on the bridge any more");
        else
            Warn($"ports on the bridge that Fabric did not make, left alone: {string.Join(", ", ports)}");
    }

    public void RequestFailed(string path, Exception failure) => Error($"request {path} failed", failure);

    public void PlumbingBroke(AttachmentId attachment, Exception failure) => Error($"plumbing {attachment} failed unexpectedly", failure);

    public void NeighbourCold(IpAddress vtep, string reason) =>
        Warn($"the neighbour {vtep} could not be warmed, its first packet may be late: {reason}");

    public void Answered(string command, AttachmentId? attachment, CorrelationId correlation, int code, string message, TimeSpan elapsed)
    {
        Metrics?.CniAnswered(command, code, elapsed);
        if (code == 0)
            CniDone(command, attachment?.ToString() ?? "-", correlation.Value, elapsed.TotalMilliseconds);
        else
            CniError(command, attachment?.ToString() ?? "-", correlation.Value, code, elapsed.TotalMilliseconds, message);
    }

    public void PeerRefused(string reason) => Warn($"CNI socket: a peer was refused: {reason}");

    public void PeerBroke(string reason) => Warn($"CNI socket: {reason}");

    public void Failed(CorrelationId correlation, Exception failure) => Error($"CNI call [{correlation}] failed unexpectedly", failure);
}
