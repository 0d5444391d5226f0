using Fabric.Actors;
using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Simulation;

/// <summary>Kernel and Open vSwitch: which attachments are plumbed, with what. It outlives the agent.</summary>
internal sealed class PlumbedPorts(SimulationRun run, AttachmentLedger ledger)
{
    private readonly SortedDictionary<AttachmentId, string[]> _plumbed = [];

    public double Failing { get; set; }

    public double Losing { get; set; }

    public bool IsPlumbed(AttachmentId attachment) => _plumbed.ContainsKey(attachment);

    public void Plumb(AttachmentId attachment)
    {
        var port = ledger.PortOf(attachment);
        run.Check(port.IsComplete, $"{attachment} is plumbed only after its addresses and port number are journalled");
        string[] numbers = [$"ofport {port.OfPort}", .. port.Addresses.Select(a => a.Address.ToString())];
        foreach (var (other, used) in _plumbed.Where(p => p.Key != attachment))
            run.Check(!numbers.Intersect(used).Any(), $"{attachment} and {other} are not plumbed with the same number");
        _plumbed[attachment] = numbers;
    }

    public void Unplumb(AttachmentId attachment) => _plumbed.Remove(attachment);
}

/// <summary>One agent's driver: slow, and sometimes without success or without answer.</summary>
internal sealed class SimulatedDriver(SimulationRun run, SimulatedProcess process, PlumbedPorts kernel) : IDriver
{
    private readonly SortedDictionary<AttachmentId, int> _newest = [];

    public IEntityHost? Host { get; set; }

    public void Start(DriverRequest request)
    {
        switch (request.Call)
        {
            case DriverCall.Plumb plumb:
                _newest[plumb.Attachment] = Math.Max(plumb.Attempt, _newest.GetValueOrDefault(plumb.Attachment));
                _ = process.Run(() => PlumbAsync(request, plumb));
                break;
            case DriverCall.Unplumb unplumb:
                _newest[unplumb.Attachment] = Math.Max(unplumb.Attempt, _newest.GetValueOrDefault(unplumb.Attachment));
                _ = process.Run(() => UnplumbAsync(request, unplumb));
                break;
        }
    }

    private async Task PlumbAsync(DriverRequest request, DriverCall.Plumb plumb)
    {
        await DelayAsync();
        if (_newest[plumb.Attachment] > plumb.Attempt || Lost())
            return;
        if (run.Random.Chance(kernel.Failing))
        {
            Answer(request, new Port.Command.PlumbFailed(plumb.Attempt, "veth", "EBUSY", "simulated failure"));
            return;
        }
        kernel.Plumb(plumb.Attachment);
        await DelayAsync();
        if (Lost())
            return;
        Answer(request, new Port.Command.Plumbed(new PortEvent.AttachmentReady(
            plumb.Attempt, 17, default, 2, default, new OfPort(64), "uuid")));
    }

    private async Task UnplumbAsync(DriverRequest request, DriverCall.Unplumb unplumb)
    {
        await DelayAsync();
        if (_newest[unplumb.Attachment] > unplumb.Attempt || Lost())
            return;
        if (run.Random.Chance(kernel.Failing))
        {
            Answer(request, new Port.Command.UnplumbFailed(unplumb.Attempt, "simulated failure"));
            return;
        }
        kernel.Unplumb(unplumb.Attachment);
        await DelayAsync();
        if (!Lost())
            Answer(request, new Port.Command.Unplumbed(unplumb.Attempt));
    }

    private bool Lost() => run.Random.Chance(kernel.Losing);

    private void Answer(DriverRequest request, ICommand outcome) =>
        Host!.Tell(request.From, outcome, request.Correlation, request.Causation);

    private Task DelayAsync() => Task.Delay(run.Random.UpTo(TimeSpan.FromMilliseconds(50)), process.Time);
}
