using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>
/// One attachment: nothing is done for it before its request is in the journal, and its address goes back only after the last
/// trace of it is gone.
/// </summary>
public sealed class Port : IEntity<PortState>
{
    public const string PersistenceKind = "port";

    private const string AttachTopic = "attach";
    private const string DetachTopic = "detach";
    private const string AttachDeadline = "attach-deadline";
    private const string RetryTimer = "retry";
    private const string OrphanTimer = "orphan";

    /// <summary>An attachment that takes longer is undone; container runtimes give up after a few minutes.</summary>
    public static TimeSpan AttachWithin { get; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an orphaned attachment is kept for a late DEL.</summary>
    public static TimeSpan OrphanGrace { get; } = TimeSpan.FromSeconds(60);

    /// <summary>A step of a detachment whose outcome does not come is taken again after this time.</summary>
    private static TimeSpan RetryAfter { get; } = TimeSpan.FromSeconds(10);

    public static PersistenceId Id(AttachmentId attachment) => new(PersistenceKind, attachment.ToString());

    public abstract record Command : ICommand
    {
        private Command()
        {
        }

        /// <param name="Wanted">The request; its attempt number is filled in by the entity.</param>
        public sealed record Attach(PortEvent.AttachmentRequested Wanted) : Command;

        public sealed record Detach(AttachmentId Attachment, string Reason) : Command;

        /// <summary>The attachment is there and forwards, but the journal that knew it was lost.</summary>
        public sealed record Adopt(PortRecord Found, int HostIfIndex) : Command;

        /// <summary>The pod's interface is gone although nobody asked for it.</summary>
        public sealed record Orphan(string Finding) : Command;

        public sealed record Plumbed(PortEvent.AttachmentReady Facts) : Command;

        public sealed record PlumbFailed(int Attempt, string Stage, string Code, string Message) : Command;

        public sealed record Unplumbed(int Attempt) : Command;

        public sealed record UnplumbFailed(int Attempt, string Reason) : Command;

        /// <summary>An attachment took too long.</summary>
        public sealed record Expire(int Attempt) : Command;

        /// <summary>A detachment's next try is due.</summary>
        public sealed record Retry(int Attempt) : Command;

        /// <summary>After recovery: what was left unfinished is undone, or carried on if it was a detachment.</summary>
        public sealed record Recover : Command;
    }

    public abstract record Reply : IReply
    {
        private Reply()
        {
        }

        public sealed record Attached(PortState State) : Reply;

        public sealed record Detached : Reply;
    }

    public string Kind => PersistenceKind;

    public StreamKind StreamKind => StreamKind.Decision;

    public string StateManifest => "port-state/1";

    public JsonTypeInfo<PortState> StateJson => NodeStateJson.Default.PortState;

    public PortState Initial => PortState.Absent;

    public Decision Decide(PortState state, ICommand command, DateTimeOffset at) => command switch
    {
        Command.Attach attach => Attach(state, attach.Wanted),
        Command.Detach detach => Detach(state, detach.Reason),
        Command.Adopt adopt => state.Stage == PortStage.Absent ? Adopt(state, adopt) : Decision.AcceptAndReply(new Reply.Attached(state)),
        Command.Orphan orphan => state.Stage == PortStage.Ready && !state.IsOrphaned
            ? Decision.Accept(new PortEvent.AttachmentOrphaned(orphan.Finding))
            : Decision.Nothing,
        Command.Plumbed plumbed => state.Stage == PortStage.Plumbing && plumbed.Facts.Attempt == state.Attempt
            ? Decision.Accept(plumbed.Facts)
            : Decision.Nothing,
        Command.PlumbFailed failed => IsAttaching(state) && failed.Attempt == state.Attempt
            ? Fail(state, failed.Stage, failed.Code, failed.Message)
            : Decision.Nothing,
        Command.Expire expire => IsAttaching(state) && expire.Attempt == state.Attempt
            ? Fail(state, state.Stage == PortStage.Requested ? "address" : "plumbing", "timeout",
                $"not finished within {AttachWithin.TotalSeconds:0} s")
            : Decision.Nothing,
        Command.Unplumbed unplumbed => state.Stage == PortStage.Unplumbing && unplumbed.Attempt == state.Attempt
            ? Decision.Accept(new PortEvent.PortUnplumbed(state.Attempt))
            : Decision.Nothing,
        Command.UnplumbFailed failed => state.Stage == PortStage.Unplumbing && failed.Attempt == state.Attempt
            ? Decision.Accept(new PortEvent.DetachDelayed(state.Attempt + 1, "removal", failed.Reason))
            : Decision.Nothing,
        Command.Retry retry => IsDetaching(state) && retry.Attempt == state.Attempt
            ? Decision.Accept(new PortEvent.DetachRetried(state.Attempt + 1, "the last try did not finish"))
            : Decision.Nothing,
        Command.Recover when IsAttaching(state) => Fail(state, "recovery", "agent-restarted", "the agent was restarted meanwhile"),
        Command.Recover when IsDetaching(state) =>
            Decision.Accept(new PortEvent.DetachRetried(state.Attempt + 1, "the agent was restarted meanwhile")),
        Command.Recover => Decision.Nothing,
        AskOutcome outcome when outcome.Attempt == state.Attempt => Heard(state, outcome),
        AskOutcome => Decision.Nothing,
        _ => throw new UnreachableException(command.ToString()),
    };

    public PortState Evolve(PortState state, IEvent e) => state.Apply((PortEvent)e);

    public IEnumerable<Effect> React(PortState state, IEvent e)
    {
        switch (e)
        {
            case PortEvent.AttachmentRequested requested:
                foreach (var pool in requested.Pools)
                {
                    var wanted = requested.RequestedAddresses.Where(a => IsPoolOf(pool, a)).Cast<IpAddress?>().FirstOrDefault();
                    yield return new Effect.Ask(pool, new AddressPool.Command.Allocate(requested.Attachment, wanted,
                        IsClaimed: wanted is { } address && requested.Virtual?.Claimed.Contains(address) == true), state.Attempt);
                }
                yield return new Effect.Ask(requested.Bridge, new Bridge.Command.TakeOfPort(requested.Attachment), state.Attempt);
                yield return new Effect.StartTimer(AttachDeadline, AttachWithin, new Command.Expire(state.Attempt));
                break;
            case PortEvent.AddressAssigned or PortEvent.OfPortAssigned when state.Stage == PortStage.Plumbing:
                yield return new Effect.Drive(new DriverCall.Plumb(state.Request!.Attachment, state.Attempt));
                break;
            case PortEvent.AttachmentReady:
                yield return new Effect.CancelTimer(AttachDeadline);
                yield return new Effect.Answer(AttachTopic, new Reply.Attached(state));
                break;
            case PortEvent.AttachmentOrphaned:
                yield return Bury(state);
                break;
            case PortEvent.AttachmentFailed failed:
                yield return new Effect.CancelTimer(AttachDeadline);
                yield return new Effect.Refuse(AttachTopic, new Rejection(failed.Code, $"{failed.Stage}: {failed.Message}"));
                foreach (var effect in Remove(state))
                    yield return effect;
                break;
            case PortEvent.DetachRequested:
                yield return new Effect.CancelTimer(AttachDeadline);
                yield return new Effect.CancelTimer(OrphanTimer);
                yield return new Effect.Refuse(AttachTopic, new Rejection("detached-meanwhile", "it was detached while being attached"));
                foreach (var effect in Remove(state))
                    yield return effect;
                break;
            case PortEvent.PortUnplumbed or PortEvent.DetachRetried:
                foreach (var effect in Remove(state))
                    yield return effect;
                break;
            case PortEvent.DetachDelayed:
                yield return new Effect.StartTimer(RetryTimer, Backoff(state.Retries), new Command.Retry(state.Attempt));
                break;
            case PortEvent.Detached:
                yield return new Effect.CancelTimer(RetryTimer);
                yield return new Effect.Answer(DetachTopic, new Reply.Detached());
                break;
        }
    }

    public IEnumerable<Effect> Resume(PortState state)
    {
        if (state.Stage is not (PortStage.Absent or PortStage.Ready))
            yield return new Effect.Tell(Id(state.Request!.Attachment), new Command.Recover());
        else if (state.IsOrphaned)
            yield return Bury(state);
    }

    private static Decision Attach(PortState state, PortEvent.AttachmentRequested wanted) => state.Stage switch
    {
        PortStage.Absent => Decision.WaitFor(AttachTopic, wanted with { Attempt = state.Attempt + 1 }),
        PortStage.Requested or PortStage.Plumbing when IsSame(state, wanted) => Decision.WaitFor(AttachTopic),
        // What it would be told is there is gone: it is detached now, the asker is refused by that, and may come again.
        PortStage.Ready when state.IsOrphaned || state.Request!.BootId != wanted.BootId => Decision.WaitFor(
            AttachTopic, new PortEvent.DetachRequested(state.Attempt + 1, "orphaned, and ADD came instead of DEL")),
        PortStage.Ready when IsSame(state, wanted) => Decision.AcceptAndReply(new Reply.Attached(state)),
        PortStage.Requested or PortStage.Plumbing or PortStage.Ready => Decision.Reject("attached-otherwise", Difference(state, wanted)),
        _ => Decision.Reject("detaching", "the attachment is still being detached"),
    };

    /// <summary>The whole story in one commit; who answered what at the time is not known any more.</summary>
    private static Decision Adopt(PortState state, Command.Adopt adopt)
    {
        var attempt = state.Attempt + 1;
        var found = adopt.Found;
        return Decision.AcceptAndReply(new Reply.Attached(state),
        [
            found.Request with { Attempt = attempt },
            .. found.Assigned,
            new PortEvent.OfPortAssigned(found.OfPort),
            new PortEvent.AttachmentReady(attempt, adopt.HostIfIndex, default, 0, found.Request.Mac, found.OfPort, ""),
        ]);
    }

    private static bool IsSame(PortState state, PortEvent.AttachmentRequested wanted) =>
        state.Request!.ConfigurationDigest == wanted.ConfigurationDigest && state.Request.Sandbox.IsSameNamespace(wanted.Sandbox);

    private static string Difference(PortState state, PortEvent.AttachmentRequested wanted) =>
        state.Request!.Sandbox.IsSameNamespace(wanted.Sandbox)
            ? "it is attached with another configuration; DEL it first"
            : $"it is attached in another network namespace (was inode {state.Request.Sandbox.Inode}, now {wanted.Sandbox.Inode}); DEL it first";

    private static Decision Detach(PortState state, string reason) => state.Stage switch
    {
        PortStage.Absent => Decision.AcceptAndReply(new Reply.Detached()),
        PortStage.Unplumbing or PortStage.Releasing => Decision.WaitFor(DetachTopic),
        _ => Decision.WaitFor(DetachTopic, new PortEvent.DetachRequested(state.Attempt + 1, reason)),
    };

    private static Decision Fail(PortState state, string stage, string code, string message) =>
        Decision.Accept(new PortEvent.AttachmentFailed(state.Attempt + 1, stage, code, message));

    private static Decision Heard(PortState state, AskOutcome outcome) => (state.Stage, outcome.Result) switch
    {
        (PortStage.Requested, AskResult.Replied { Reply: AddressPool.Reply.Allocated given }) =>
            state.Assigned.ContainsKey(outcome.From)
                ? Decision.Nothing
                : Decision.Accept(new PortEvent.AddressAssigned(outcome.From, given.Address, given.Gateway)),
        (PortStage.Requested, AskResult.Replied { Reply: Bridge.Reply.Taken taken }) =>
            state.OfPort is not null ? Decision.Nothing : Decision.Accept(new PortEvent.OfPortAssigned(taken.OfPort)),
        (PortStage.Requested, AskResult.Rejected rejected) =>
            Fail(state, outcome.From.ToString(), rejected.Reason.Code, rejected.Reason.Message),
        (PortStage.Requested, AskResult.Unavailable unavailable) =>
            Fail(state, outcome.From.ToString(), "unavailable", unavailable.Reason),
        (PortStage.Releasing, AskResult.Unavailable unavailable) =>
            Decision.Accept(new PortEvent.DetachDelayed(state.Attempt + 1, "release", unavailable.Reason)),
        (PortStage.Releasing, _) => Released(state, outcome.From),
        _ => Decision.Nothing,
    };

    private static Decision Released(PortState state, PersistenceId holder)
    {
        var left = state.Holdings.Remove(holder);
        return left.IsEmpty
            ? Decision.Accept(new PortEvent.HoldingReleased(holder), new PortEvent.Detached(state.Attempt))
            : Decision.Accept(new PortEvent.HoldingReleased(holder));
    }

    /// <summary>The next step of a detachment, and a timer that takes it again should its outcome be lost.</summary>
    private static IEnumerable<Effect> Remove(PortState state)
    {
        var attachment = state.Request!.Attachment;
        yield return new Effect.StartTimer(RetryTimer, RetryAfter, new Command.Retry(state.Attempt));
        if (state.Stage == PortStage.Unplumbing)
        {
            yield return new Effect.Drive(new DriverCall.Unplumb(attachment, state.Attempt));
            yield break;
        }
        foreach (var holder in state.Holdings)
        {
            ICommand release = holder == state.Request.Bridge
                ? new Bridge.Command.FreeOfPort(attachment)
                : new AddressPool.Command.Release(attachment);
            yield return new Effect.Ask(holder, release, state.Attempt);
        }
    }

    /// <summary>The runtime may still send its DEL; only when it does not is the attachment released without one.</summary>
    private static Effect.StartTimer Bury(PortState state) => new(
        OrphanTimer, OrphanGrace, new Command.Detach(state.Request!.Attachment, "orphaned: the pod is gone and no DEL came"));

    private static bool IsAttaching(PortState state) => state.Stage is PortStage.Requested or PortStage.Plumbing;

    private static bool IsDetaching(PortState state) => state.Stage is PortStage.Unplumbing or PortStage.Releasing;

    // A pool's block may have changed since, but never its family.
    internal static bool IsPoolOf(PersistenceId pool, IpAddress address) => pool.Key.EndsWith(address.IsV6 ? "-v6" : "-v4", StringComparison.Ordinal);

    /// <summary>1, 2, 4 … 30 seconds.</summary>
    private static TimeSpan Backoff(int retries) => TimeSpan.FromSeconds(Math.Min(30, 1 << Math.Min(retries - 1, 5)));
}
