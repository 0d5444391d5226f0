using Fabric.Actors;
using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Simulation;

/// <summary>What the journal says of ports, addresses and port numbers, folded by the test and checked with every commit.</summary>
/// <remarks>Deliberately not the entities' own states: who checks must not share the code that it checks.</remarks>
internal sealed class AttachmentLedger(SimulationRun run)
{
    private readonly Dictionary<(PersistenceId Lender, AttachmentId Holder), string> _held = [];
    private readonly Dictionary<(PersistenceId Lender, string Number), AttachmentId> _holders = [];
    private readonly Dictionary<PersistenceId, long> _sequenceNrs = [];
    private readonly HashSet<(PersistenceId Port, int Attempt)> _ready = [];

    public Dictionary<PersistenceId, PortState> Ports { get; } = [];

    public void Record(Append append)
    {
        foreach (var e in append.Events)
        {
            run.Check(e.SequenceNr == _sequenceNrs.GetValueOrDefault(append.Stream) + 1, $"{append.Stream} has no gaps");
            _sequenceNrs[append.Stream] = e.SequenceNr;
            Record(append.Stream, e.Event!);
        }
    }

    public PortState PortOf(AttachmentId attachment) => Ports.GetValueOrDefault(Port.Id(attachment), PortState.Absent);

    public bool WasReady(AttachmentId attachment, int attempt) => _ready.Contains((Port.Id(attachment), attempt));

    /// <summary>The numbers that the attachment holds, by who lent them.</summary>
    public SortedDictionary<PersistenceId, string> HeldBy(AttachmentId attachment) =>
        new(_held.Where(h => h.Key.Holder == attachment).ToDictionary(h => h.Key.Lender, h => h.Value));

    private void Record(PersistenceId stream, IEvent e)
    {
        switch (e)
        {
            case PoolEvent.AddressAllocated taken:
                Take(stream, taken.Attachment, taken.Address.ToString());
                break;
            case PoolEvent.AddressReleased back:
                GiveBack(stream, back.Attachment, back.Address.ToString());
                break;
            case BridgeEvent.OfPortTaken taken:
                Take(stream, taken.Attachment, taken.OfPort.ToString());
                break;
            case BridgeEvent.OfPortFreed back:
                GiveBack(stream, back.Attachment, back.OfPort.ToString());
                break;
            case PortEvent port:
                Ports[stream] = Ports.GetValueOrDefault(stream, PortState.Absent).Apply(port);
                if (port is PortEvent.AttachmentReady ready)
                    _ready.Add((stream, ready.Attempt));
                break;
        }
    }

    private void Take(PersistenceId lender, AttachmentId holder, string number)
    {
        run.Check(_held.TryAdd((lender, holder), number), $"{holder} holds at most one number of {lender}");
        run.Check(_holders.TryAdd((lender, number), holder), $"{number} of {lender} has at most one holder");
    }

    private void GiveBack(PersistenceId lender, AttachmentId holder, string number)
    {
        run.Check(_held.Remove((lender, holder), out var held) && held == number, $"{holder} gives back to {lender} what it holds");
        _holders.Remove((lender, number));
    }
}
