using Fabric.Actors;
using Fabric.Messages;
using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

/// <summary>Answers the commands of CNI SPEC 1.1 with the node's entities. Lives on the event loop.</summary>
public sealed partial class CniService(
    IEntityHost host, NodeFold fold, Reconciler reconciler, ISwitch ovs, IKernel kernel, Sandboxes sandboxes,
    DetachWithoutJournal withoutJournal, Func<CniSettings> settings, Func<Readiness> readiness,
    NetworkKeeper networks, TimeProvider time)
{
    /// <summary>The runtime gives up after a few minutes; an attachment has its own, shorter deadline.</summary>
    private static readonly TimeSpan AskWithin = Port.AttachWithin + TimeSpan.FromSeconds(5);

    private const string SwitchAway = "Open vSwitch does not answer; the detachment goes on when it does";

    private readonly LeasesUnderWay _leases = new();

    /// <param name="sandbox">The namespace that came with the request, or null; the caller disposes it.</param>
    /// <exception cref="CniPeerException">The binary went away while a delegated plugin was to run.</exception>
    public async Task<CniResultFrame> HandleAsync(
        CniRequest request, Sandbox? sandbox, ICniExecutor executor, CancellationToken cancellationToken)
    {
        using var loan = sandbox is not null && request.Attachment is { } attachment ? sandboxes.Lend(attachment, sandbox) : null;
        var ipam = request.Configuration.Ipam is not null ? new IpamRounds(executor, request) : null;
        switch (request.Command)
        {
            case CniCommand.Add:
                return await AddAsync(request, sandbox!, ipam, cancellationToken);
            case CniCommand.Del:
                return Reply(request, await DelAsync(request, ipam, cancellationToken));
            case CniCommand.Check:
                return Reply(request, await CheckAsync(request, sandbox!, ipam, cancellationToken));
            case CniCommand.Gc:
                return Reply(request, await GcAsync(request, ipam, cancellationToken));
            case CniCommand.Status:
                return Reply(request, await StatusAsync(request, ipam, cancellationToken));
            default:
                throw new InvariantBrokenException($"no handler for {request.Command}");
        }
    }

    private static CniResultFrame Reply(CniRequest request, CniError? error) =>
        error is null ? CniReply.Done : CniReply.Failed(error, request.Configuration.CniVersion);

    private Task<AskResult> AskAsync(CniRequest request, ICommand command, AttachmentId attachment, TimeSpan? within = null) =>
        host.AskAsync(
            Port.Id(attachment), command, new AskContext(request.Correlation, within ?? AskWithin, null, RefOf(request.Args.Pod)));

    /// <summary>
    /// Asks for a detachment and waits for its end, but not for an Open vSwitch that is away: what was journalled is carried on
    /// when it is back, and the runtime, which repeats its DEL anyway, is told now.
    /// </summary>
    private async Task<AskResult> DetachAsync(CniRequest request, AttachmentId attachment, string reason)
    {
        var command = new Port.Command.Detach(attachment, reason);
        // Also then it is asked: an attachment that is not there needs no Open vSwitch.
        if (!reconciler.IsInStep)
            return Named(await AskAsync(request, command, attachment, SwitchPatience.Within));
        var end = new TaskCompletionSource<AskResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = ForwardAsync(AskAsync(request, command, attachment), end);
        using (reconciler.SwitchOverdue.Register(() => end.TrySetResult(new AskResult.Unavailable(SwitchAway))))
            return await end.Task;

        AskResult Named(AskResult result) =>
            result is AskResult.Unavailable && !reconciler.IsInStep ? new AskResult.Unavailable(SwitchAway) : result;
    }

    private static async Task ForwardAsync(Task<AskResult> ask, TaskCompletionSource<AskResult> end) => end.TrySetResult(await ask);

    private static ObjectRef? RefOf(PodRef? pod) =>
        pod is null ? null : new ObjectRef("Pod", pod.Namespace, pod.Name, pod.Uid, "");

    private async Task<CniError?> DelAsync(CniRequest request, IpamRounds? ipam, CancellationToken cancellationToken)
    {
        var attachment = request.Attachment!.Value;
        _leases.Detach(attachment);
        var answer = await DetachAsync(request, attachment, "CNI DEL");
        if (answer is AskResult.Unavailable unavailable && !await TryWithoutJournalAsync(request, attachment, cancellationToken))
            return CniErrors.TryAgainLater($"{attachment} is not detached yet: {unavailable.Reason}", request.Correlation);
        if (answer is AskResult.Rejected rejected)
            return CniErrors.Unclassified(rejected.Reason.ToString(), request.Correlation);
        // Also without a record of ours: the plugin may hold a lease from before.
        return ipam is null ? null : await ipam.ForwardPlainAsync(cancellationToken);
    }

    private async Task<bool> TryWithoutJournalAsync(CniRequest request, AttachmentId attachment, CancellationToken cancellationToken)
    {
        if (!withoutJournal.IsNeeded)
            return false;
        try
        {
            await withoutJournal.RemoveAsync(attachment, request.Correlation, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is KernelException or SwitchException
            || e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // The answer is "try again later", with the journal's fault as the reason.
            return false;
        }
    }

    private async Task<CniError?> GcAsync(CniRequest request, IpamRounds? ipam, CancellationToken cancellationToken)
    {
        var valid = request.ValidAttachments.ToHashSet();
        var network = request.Configuration.Network;
        // An ADD under way is not in the runtime's list yet.
        var stale = fold.State.Ports
            .Where(p => p.Value.Request!.Network == network && !valid.Contains(p.Key)
                && p.Value.Stage is not (PortStage.Requested or PortStage.Plumbing))
            .Select(p => p.Key)
            .ToArray();
        var asks = stale.Select(a => (Attachment: a, Answer: DetachAsync(request, a, "CNI GC"))).ToArray();
        var failures = new List<string>();
        foreach (var (attachment, answer) in asks)
        {
            if (await answer is not AskResult.Replied)
                failures.Add($"{attachment}: {await answer}");
        }
        if (ipam is not null && await ipam.ForwardPlainAsync(cancellationToken) is { } error)
            failures.Add(error.Message);
        return failures.Count == 0 ? null : CniErrors.GarbageRemains(network, failures, request.Correlation);
    }

    private async Task<CniError?> StatusAsync(CniRequest request, IpamRounds? ipam, CancellationToken cancellationToken)
    {
        var now = readiness();
        if (!now.IsReady)
        {
            return now.Code == (int)CniErrorCode.NotAvailableAndImpaired
                ? CniErrors.NotAvailableAndImpaired(now.Reason, request.Correlation)
                : CniErrors.NotAvailable(now.Reason, request.Correlation);
        }
        return ipam is null ? null : await ipam.ForwardPlainAsync(cancellationToken);
    }
}
