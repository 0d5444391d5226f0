using Fabric.Messages;

namespace Fabric.Contracts;

/// <summary>The manifests of the contract's own events.</summary>
public static class TallyEvents
{
    public static EventCatalog Catalog { get; } = new EventCatalog.Builder()
        .Add("added/1", TallyJson.Default.Added)
        .Add("promised/1", TallyJson.Default.Promised)
        .Add("named/1", TallyJson.Default.Named)
        .Add("opened/1", TallyJson.Default.Opened)
        .Add("closed/1", TallyJson.Default.Closed)
        .Add("peer-asked/1", TallyJson.Default.PeerAsked)
        .Add("peer-answered/1", TallyJson.Default.PeerAnswered)
        .Add("timer-set/1", TallyJson.Default.TimerSet)
        .Add("timer-cancelled/1", TallyJson.Default.TimerCancelled)
        .Add("timer-rang/1", TallyJson.Default.TimerRang)
        .Add("driven/1", TallyJson.Default.Driven)
        .Add("broke-reacting/1", TallyJson.Default.BrokeReacting)
        .Add("poisoned/1", TallyJson.Default.Poisoned)
        .Add("noted/1", TallyJson.Default.Noted)
        .Add("nothing-known/1", TallyJson.Default.NothingKnown)
        .Build();
}
