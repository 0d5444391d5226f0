using System.Collections.Immutable;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Simulation;

/// <summary>What the journal says, kept by the test alone and checked with every commit.</summary>
/// <remarks>Shares no code with the entities' states: only the events are read.</remarks>
internal sealed class JournalLedger(SimulationRun run)
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(60);

    private readonly SortedDictionary<PersistenceId, long> _sequenceNrs = [];
    private readonly Dictionary<(PersistenceId Lender, string Number), AttachmentId> _holders = [];
    private readonly Dictionary<(PersistenceId Lender, string Number), (DateTimeOffset At, DateTimeOffset Latest, TimeSpan Now)>
        _givenBack = [];
    private readonly Dictionary<long, string> _texts = [];
    private readonly HashSet<long> _flows = [];
    private TimeSpan _now;

    public ImmutableArray<Cidr> PodCidrs { get; private set; } = [];

    /// <summary>The open tunnels, by peer.</summary>
    public SortedDictionary<string, TunnelEvent.TunnelOpened> Tunnels { get; } = new(StringComparer.Ordinal);

    /// <summary>Told of each number that is taken: by whom it is lent, which, and for whom.</summary>
    public Action<PersistenceId, string, AttachmentId>? Taken { get; set; }

    public SortedDictionary<AttachmentId, Entry> Ports { get; } = [];

    /// <summary>The numbers that somebody holds, as "lender number holder".</summary>
    public IEnumerable<string> Holdings => _holders.Select(h => $"{h.Key.Lender} {h.Key.Number} {h.Value}");

    /// <summary>The flows that were recorded as programmed, as text.</summary>
    public IEnumerable<string> Flows => _flows.Select(id => _texts[id]);

    public bool IsHeld(string number) => _holders.Keys.Any(k => k.Number == number && k.Lender.Kind == "pool");

    /// <param name="now">When it was written, in virtual time.</param>
    public void Record(Append append, TimeSpan now)
    {
        _now = now;
        foreach (var text in append.Texts)
            _texts[text.Id] = text.Text;
        foreach (var e in append.Events)
        {
            run.Check(e.SequenceNr == _sequenceNrs.GetValueOrDefault(append.Stream) + 1, $"{append.Stream} has no gaps");
            _sequenceNrs[append.Stream] = e.SequenceNr;
            Record(append.Stream, e);
        }
    }

    /// <summary>The numbers that the attachment holds, by lender.</summary>
    public SortedDictionary<PersistenceId, string> HeldBy(AttachmentId attachment) =>
        new(_holders.Where(h => h.Value == attachment).ToDictionary(h => h.Key.Lender, h => h.Key.Number));

    private void Record(PersistenceId stream, EventEnvelope envelope)
    {
        foreach (var (number, since) in _givenBack.Where(g => g.Value.Latest < envelope.WallTime).ToArray())
            _givenBack[number] = since with { Latest = envelope.WallTime };
        switch (envelope.Event)
        {
            case PoolEvent.AddressAllocated taken:
                Take(stream, taken.Address.ToString(), taken.Attachment, taken.EndedRest, envelope.WallTime);
                break;
            case PoolEvent.AddressReleased back:
                GiveBack(stream, back.Address.ToString(), back.Attachment, back.At);
                break;
            case BridgeEvent.OfPortTaken taken:
                Take(stream, taken.OfPort.ToString(), taken.Attachment, taken.EndedRest, envelope.WallTime);
                break;
            case BridgeEvent.OfPortFreed back:
                GiveBack(stream, back.OfPort.ToString(), back.Attachment, back.At);
                break;
            case FlowEvent.FlowsChanged changed:
                _flows.ExceptWith(changed.Removed);
                _flows.UnionWith(changed.Added);
                break;
            case FlowEvent.HistoryGap gap:
                _flows.Clear();
                _flows.UnionWith(gap.Programmed);
                break;
            case NodeEvent.PodCidrsAdopted adopted:
                PodCidrs = adopted.Cidrs;
                break;
            case TunnelEvent.TunnelOpened { Network: not null } or TunnelEvent.TunnelClosed { Network: not null }:
                break;
            case TunnelEvent.TunnelOpened opened:
                Tunnels[opened.Peer.Value] = opened;
                break;
            case TunnelEvent.TunnelClosed closed:
                Tunnels.Remove(closed.Peer.Value);
                break;
            case PortEvent port:
                Record(AttachmentId.Parse(stream.Key), port);
                break;
        }
    }

    private void Record(AttachmentId attachment, PortEvent e)
    {
        if (e is PortEvent.AttachmentRequested requested)
        {
            run.Check(!Ports.ContainsKey(attachment), $"{attachment} is requested only when it is absent");
            Ports[attachment] = new Entry { HostInterface = requested.HostInterface.Value, Attempt = requested.Attempt };
            return;
        }
        run.Check(Ports.TryGetValue(attachment, out var port), $"{attachment} has a request before {e.GetType().Name}");
        switch (e)
        {
            case PortEvent.AddressAssigned assigned:
                Held(assigned.Pool, assigned.Address.Address.ToString(), attachment);
                port!.Addresses.Add(assigned.Address.Address.ToString());
                break;
            case PortEvent.OfPortAssigned assigned:
                port!.OfPort = assigned.OfPort.Value;
                break;
            case PortEvent.AttachmentReady ready:
                run.Check(ready.OfPort.Value == port!.OfPort, $"{attachment} is ready with the ofport that it was assigned");
                port.IsReady = true;
                break;
            case PortEvent.AttachmentFailed failed:
                (port!.IsReady, port.IsLeaving, port.Attempt) = (false, true, failed.Attempt);
                break;
            case PortEvent.DetachRequested detach:
                (port!.IsReady, port.IsLeaving, port.Attempt) = (false, true, detach.Attempt);
                break;
            case PortEvent.Detached:
                run.Check(HeldBy(attachment).Count == 0,
                    $"{attachment} is detached only after it gave back everything, but it holds {string.Join(", ", HeldBy(attachment))}");
                Ports.Remove(attachment);
                break;
        }
    }

    private void Held(PersistenceId lender, string number, AttachmentId attachment) =>
        run.Check(_holders.TryGetValue((lender, number), out var holder) && holder == attachment,
            $"{attachment} is assigned only what {lender} gave to it: {number}");

    private void Take(PersistenceId lender, string number, AttachmentId attachment, bool endedRest, DateTimeOffset at)
    {
        run.Check(!HeldBy(attachment).ContainsKey(lender), $"{attachment} holds at most one number of {lender}");
        run.Check(_holders.TryAdd((lender, number), attachment), $"{number} of {lender} has at most one holder");
        Taken?.Invoke(lender, number, attachment);
        if (!endedRest && _givenBack.TryGetValue((lender, number), out var since))
        {
            // By either clock: the wall clock may have been set meanwhile, and a rest that it ended stays ended when it is set back.
            run.Check(since.Latest - since.At >= Rest || _now - since.Now >= Rest,
                $"{number} of {lender} rests for a minute, but it was given back at {since.At:O} and taken at {at:O}");
        }
    }

    private void GiveBack(PersistenceId lender, string number, AttachmentId attachment, DateTimeOffset at)
    {
        run.Check(_holders.Remove((lender, number), out var holder) && holder == attachment,
            $"{attachment} gives back to {lender} what it holds");
        _givenBack[(lender, number)] = (at, at, _now);
    }

    /// <summary>One attachment that is not absent.</summary>
    internal sealed class Entry
    {
        public required string HostInterface { get; init; }

        public int Attempt { get; set; }

        public SortedSet<string> Addresses { get; } = new(StringComparer.Ordinal);

        public int? OfPort { get; set; }

        public bool IsReady { get; set; }

        public bool IsLeaving { get; set; }
    }
}
