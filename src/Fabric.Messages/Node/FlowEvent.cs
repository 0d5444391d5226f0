using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>The stream <c>flow/BRIDGE</c>: what was programmed, exactly, and when.</summary>
public abstract record FlowEvent : IEvent
{
    private FlowEvent()
    {
    }

    public abstract string Describe();

    /// <summary>One bundle, confirmed. Ids are those of the flows' texts (docs/journal-format.md, interned text).</summary>
    /// <param name="SentAt">When the bundle was sent; the change happened between this and <paramref name="ConfirmedAt"/>.</param>
    public sealed record FlowsChanged(ImmutableArray<long> Removed, ImmutableArray<long> Added, string Reason,
        DateTimeOffset SentAt, DateTimeOffset ConfirmedAt) : FlowEvent, IInterningEvent
    {
        [JsonIgnore]
        public ImmutableArray<(long Id, string Text)> Texts { get; init; } = [];

        public override string Describe() => $"flows changed: {Added.Length} added, {Removed.Length} removed ({Reason})";
    }

    /// <summary>The same flows were programmed again, for example after a restart of Open vSwitch.</summary>
    /// <param name="Digest">SHA-256 over the sorted ids, so that the set is provably the one that is already known.</param>
    public sealed record FlowsReprogrammed(int Count, string Digest, string Reason, DateTimeOffset SentAt, DateTimeOffset ConfirmedAt)
        : FlowEvent
    {
        public override string Describe() => $"{Count} flows programmed again: {Reason}";
    }

    /// <summary>Something on the bridge was not as it should be.</summary>
    /// <param name="Found">Flows that should not have been there, as text; at most 20.</param>
    /// <param name="Missing">Flows that should have been there, as text; at most 20.</param>
    /// <param name="Repaired">False under <c>--drift report</c>.</param>
    public sealed record DriftFound(int FoundCount, ImmutableArray<string> Found, int MissingCount, ImmutableArray<string> Missing,
        bool Repaired) : FlowEvent
    {
        public override string Describe() =>
            $"drift {(Repaired ? "repaired" : "found")}: {FoundCount} foreign flows, {MissingCount} missing"
            + (Found.Length > 0 ? $"; first foreign: {Found[0]}" : "");
    }

    /// <summary>Groups on the bridge, which Fabric itself makes none of.</summary>
    /// <param name="Groups">As text; at most 20.</param>
    /// <param name="Removed">False under <c>--drift report</c>.</param>
    public sealed record ForeignGroupsFound(int Count, ImmutableArray<string> Groups, bool Removed) : FlowEvent
    {
        public override string Describe() =>
            $"{Count} foreign groups {(Removed ? "removed" : "found")}{(Groups.Length > 0 ? $"; first: {Groups[0]}" : "")}";
    }

    /// <summary>The ports on the bridge that Fabric did not make are now these, which it leaves alone; none if the last one is gone.</summary>
    public sealed record ForeignPortsFound(ImmutableArray<string> Ports) : FlowEvent
    {
        public override string Describe() => Ports.IsEmpty
            ? "no foreign port is on the bridge any more"
            : $"foreign ports on the bridge, left alone: {string.Join(", ", Ports)}";
    }

    /// <summary>The journal could not be written for a while: these are the flows programmed when it could again.</summary>
    public sealed record HistoryGap(DateTimeOffset From, DateTimeOffset To, string Reason, ImmutableArray<long> Programmed)
        : FlowEvent, IInterningEvent
    {
        [JsonIgnore]
        public ImmutableArray<(long Id, string Text)> Texts { get; init; } = [];

        public override string Describe() =>
            $"no history from {From:HH:mm:ss.fff} to {To:HH:mm:ss.fff}: {Reason}; {Programmed.Length} flows are programmed";
    }
}
