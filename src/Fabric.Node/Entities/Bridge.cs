using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>The integration bridge's configuration, and its port numbers: at most one for an attachment, one holder for each.</summary>
public sealed class Bridge : IEntity<Bridge.State>
{
    public const string PersistenceKind = "bridge";

    /// <summary>Port numbers below are the bridge's own ports: tunnels, gateway, uplinks.</summary>
    public const ushort FirstPodOfPort = 64;

    /// <summary>From here on the numbers belong to the paths to peers, which no flow refers to.</summary>
    public const ushort FirstPathOfPort = 28_672;

    public static PersistenceId Id(string name) => new(PersistenceKind, name);

    public abstract record Command : ICommand
    {
        private Command()
        {
        }

        public sealed record Configure(BridgeEvent.BridgeConfigured Wanted) : Command;

        /// <param name="Number">The number that the port has already; null for any.</param>
        public sealed record TakeOfPort(AttachmentId Attachment, OfPort? Number = null) : Command;

        public sealed record FreeOfPort(AttachmentId Attachment) : Command;
    }

    public abstract record Reply : IReply
    {
        private Reply()
        {
        }

        public sealed record Configured : Reply;

        public sealed record Taken(OfPort OfPort) : Reply;

        public sealed record Freed : Reply;
    }

    public sealed record State(BridgeEvent.BridgeConfigured? Configured, Lending<OfPort> Lending);

    public string Kind => PersistenceKind;

    public StreamKind StreamKind => StreamKind.Decision;

    public string StateManifest => "bridge-state/1";

    public JsonTypeInfo<State> StateJson => NodeStateJson.Default.BridgeState;

    public State Initial { get; } = new(null, Lending<OfPort>.Empty);

    public Decision Decide(State state, ICommand command, DateTimeOffset at) => command switch
    {
        Command.Configure configure when configure.Wanted == state.Configured =>
            Decision.AcceptAndReply(new Reply.Configured()),
        Command.Configure configure => Decision.AcceptAndReply(new Reply.Configured(), configure.Wanted),
        Command.TakeOfPort take when state.Lending.Held.TryGetValue(take.Attachment, out var held) =>
            Decision.AcceptAndReply(new Reply.Taken(held)),
        Command.TakeOfPort { Number: { } number } take => state.Lending.IsHeld(number)
            ? Decision.Reject("ofport-held", $"ofport {number} is held by {state.Lending.Holders[number]}")
            : Give(take.Attachment, number, endedRest: state.Lending.IsResting(number, at)),
        Command.TakeOfPort take => Take(state.Lending, take.Attachment, at),
        Command.FreeOfPort free when state.Lending.Held.TryGetValue(free.Attachment, out var ofPort) =>
            Decision.AcceptAndReply(new Reply.Freed(), new BridgeEvent.OfPortFreed(free.Attachment, ofPort, at)),
        Command.FreeOfPort => Decision.AcceptAndReply(new Reply.Freed()),
        _ => throw new UnreachableException(command.ToString()),
    };

    public State Evolve(State state, IEvent e) => e switch
    {
        BridgeEvent.BridgeConfigured configured => state with { Configured = configured },
        BridgeEvent.OfPortTaken taken => state with { Lending = state.Lending.Take(taken.Attachment, taken.OfPort) },
        BridgeEvent.OfPortFreed freed => state with { Lending = state.Lending.GiveBack(freed.Attachment, freed.OfPort, freed.At) },
        _ => throw new UnreachableException(e.ToString()),
    };

    public IEnumerable<Effect> React(State state, IEvent e) => [];

    public IEnumerable<Effect> Resume(State state) => [];

    private static Decision Take(Lending<OfPort> lending, AttachmentId attachment, DateTimeOffset at)
    {
        const int Usable = FirstPathOfPort - FirstPodOfPort;
        var start = lending.Last is { } last ? last.Value - FirstPodOfPort + 1 : 0;
        for (var i = 0; i < Usable; i++)
        {
            var candidate = new OfPort((ushort)(FirstPodOfPort + (start + i) % Usable));
            if (!lending.IsHeld(candidate) && !lending.IsResting(candidate, at))
                return Give(attachment, candidate, endedRest: false);
        }
        return lending.LongestRested(static _ => true) is { } rested
            ? Give(attachment, rested, endedRest: true)
            : Decision.Reject("ofports-exhausted", $"all {Usable} port numbers of the bridge are held");
    }

    private static Decision Give(AttachmentId attachment, OfPort ofPort, bool endedRest) =>
        Decision.AcceptAndReply(new Reply.Taken(ofPort), new BridgeEvent.OfPortTaken(attachment, ofPort, endedRest));
}
