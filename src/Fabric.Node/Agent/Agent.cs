using System.Collections.Immutable;
using System.Net.Sockets;
using System.Security.Cryptography;
using Fabric.Actors;
using Fabric.Cluster.Kubernetes;
using Fabric.Linux;
using Fabric.Linux.State;
using Fabric.Linux.Unix;
using Fabric.Messages;
using Fabric.Node.Cni;
using Fabric.Node.Install;
using Fabric.Node.Kubernetes;

namespace Fabric.Node;

/// <summary>The node's agent: the control plane with its real surroundings, started in order and stopped without harm.</summary>
/// <remarks>Stopping it touches nothing that forwards: bridge, ports, flows and pods stay as they are.</remarks>
public sealed class Agent(NodeOptions options, string version, AgentLog log, TimeProvider time)
{
    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="AgentException">It can't start, or must stop; the message is for the operator.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var directory = OpenStateDirectory();
        using var api = options.Kubernetes is { } place ? OpenApi(place) : null;
        var node = await ParametersAsync(directory, api, cancellationToken);
        await using var loop = new EventLoop("fabric", e => log.Error("unexpected failure on the event loop", e));
        var (journal, replaced) = JournalFile.Open(directory.JournalPath, directory.Incarnation, time, log);
        var damage = await RunWithAsync(journal, replaced);
        if (damage is null)
            return;
        // SQLite can open a file whose events are damaged; their own checksums tell.
        (journal, replaced) = JournalFile.Replace(directory.JournalPath, damage, time, log);
        if (await RunWithAsync(journal, replaced) is { } again)
            throw new AgentException(again.Message, again);

        async Task<JournalException?> RunWithAsync(SqliteNodeJournal opened, NodeEvent.JournalReplaced? how)
        {
            await using var _ = opened;
            // From here on everything that holds state lives on the loop.
            return await loop.RunAsync(() => RunOnLoopAsync(loop, directory, node, api, opened, how, cancellationToken));
        }
    }

    /// <returns>The journal's damage, found before anything was done; else null, at the end.</returns>
    private async Task<JournalException?> RunOnLoopAsync(EventLoop loop, StateDirectory directory, NodeParameters node, IKubernetesApi? api,
        SqliteNodeJournal journal, NodeEvent.JournalReplaced? replaced, CancellationToken cancellationToken)
    {
        using var kernel = new LinuxKernel(options.DatapathType == "netdev", log.Warn);
        await using var ovs = new OvsSwitch(options.OvsDb, options.OvsRunDir, time, log.Warn);
        using var core = new NodeCore(
            node, directory.Incarnation, journal, new HlcClock(time, default), kernel, ovs, time, log);
        try
        {
            await core.LoadAsync(cancellationToken);
        }
        catch (JournalException e) when (!e.IsTransient)
        {
            return e;
        }
        var kubernetes = api is null ? null : new KubernetesLink(api, node, time, log);
        core.Cni.Annotations = kubernetes?.Annotations;
        // A store call may block on another process's transaction; the control plane must not.
        await using var storeLoop = new EventLoop("cluster store", e => log.Error("unexpected failure in the cluster store", e));
        var cluster = new ClusterLink(
            () => options.ClusterStore.Open(options.ClusterName, time, storeLoop), node, directory.Incarnation, directory.NextIncarnation, core,
            kubernetes, time, log)
        {
            Confirmed = () => Confirm(core, directory, node.BootId),
        };
        core.Readiness.StoreFault = () => cluster.StoreFault;
        core.IsBootConfirmed = () => directory.IsBootConfirmed(node.BootId);
        core.IsMeshKnown = () => cluster.IsMeshKnown;

        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var doors = await AgentDoors.OpenAsync(options, version, directory, loop, journal, log, time, new NodeView
        {
            Identity = new AgentIdentity(options.NodeName, directory.Uid, directory.Incarnation, version, time.GetUtcNow(), node.Vteps),
            Fold = core.Fold,
            Reconciler = core.Reconciler,
            Switch = ovs,
            Plan = core.Plan,
            Host = core.Host,
            Readiness = core.Readiness.Now,
            Time = time,
            SwitchVersion = () => ovs.Version,
            Cluster = cluster,
            ClusterChanges = cluster.Changes,
        }, cluster.Operations, () => core.Readiness.HasRecovered, term.Token);
        using var socket = ListenForCni();
        var listener = new CniListener(socket, call => loop.RunAsync(call), core.Cni.HandleAsync, NewCorrelation, time, log)
        {
            Pods = kubernetes?.Calls,
        };
        var recovered = new TaskCompletionSource();
        Task[] work =
        [
            core.RunAsync(replaced, recovered.SetResult, term.Token),
            AfterAsync(recovered.Task, () => cluster.RunAsync(term.Token), term.Token),
            .. options.Installation is not { } wanted ? Array.Empty<Task>() : [new CniInstaller(
                wanted, new InstalledFiles(directory.Path), options.CniSocket, core.Readiness.Now, time, log).RunAsync(term.Token)],
            .. kubernetes is null ? Array.Empty<Task>() : [kubernetes.RunAsync(core.Readiness.Now, Facts, term.Token)],
            Task.Run(() => listener.RunAsync(term.Token), CancellationToken.None),
        ];
        log.Info($"fabric-node {version}: node {options.NodeName} ({directory.Uid}), incarnation {directory.Incarnation}, "
            + $"CNI on {options.CniSocket}");
        NodeNetworkFacts Facts() => new(time.GetUtcNow(), core.Readiness.Now(), core.Fold.State.PodCidrs, core.Fold.State.Ports.Count, ovs.Paths,
            cluster.Read());

        Exception? failure = null;
        try
        {
            await Together.RunAsync(work, term);
            return null;
        }
        catch (SwitchException e)
        {
            failure = e;
            throw new AgentException($"{e.Operation}: {e.Message}", e);
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            await core.StopAsync(failure?.Message ?? "asked to");
            log.Info("stopped; bridge, ports and flows stay as they are");
        }
    }

    private static async Task AfterAsync(Task first, Func<Task> then, CancellationToken cancellationToken)
    {
        await first.WaitAsync(cancellationToken);
        await then();
    }

    private void Confirm(NodeCore core, StateDirectory directory, string bootId)
    {
        core.Readiness.NeedsConfirmation = false;
        try
        {
            directory.ConfirmBoot(bootId);
        }
        catch (IOException e)
        {
            log.Warn($"that the cluster store confirmed this node's blocks could not be noted, the next start asks again: {e.Message}");
        }
    }

    private StateDirectory OpenStateDirectory()
    {
        try
        {
            return StateDirectory.Open(options.StateDir);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SystemCallException)
        {
            throw new AgentException($"--state-dir {options.StateDir}: {e.Message}", e);
        }
    }

    /// <summary>Reads the configuration; whether the server answers is another matter.</summary>
    private KubernetesApi OpenApi(KubernetesPlace place)
    {
        try
        {
            return KubernetesApi.Open(place, time, Random.Shared.NextDouble);
        }
        catch (KubernetesException e)
        {
            throw new AgentException($"--kubernetes {place}: {e.Message}", e);
        }
    }

    /// <summary>
    /// What the options say; else what Kubernetes knows the node by; while that can't be read, what was in use last; at last the source
    /// of the default route.
    /// </summary>
    private async Task<ImmutableArray<IpAddress>> VtepsAsync(
        StateDirectory directory, IKubernetesApi? api, CancellationToken cancellationToken)
    {
        if (!options.UnderlayAddresses.IsEmpty)
            return options.UnderlayAddresses;
        if (api is null)
            return Underlay.DefaultAddress();
        var known = await NodeAddresses.FindAsync(api, options.NodeName, Underlay.IsOwn, log.Warn, time, cancellationToken);
        if (known.IsEmpty)
            known = [.. directory.LastVteps.Where(Underlay.IsOwn)];
        if (known.IsEmpty)
            known = Underlay.DefaultAddress();
        try
        {
            directory.RememberVteps(known);
        }
        catch (IOException e)
        {
            log.Warn($"the tunnels' addresses could not be noted for a start without the Kubernetes API: {e.Message}");
        }
        return known;
    }

    private async Task<NodeParameters> ParametersAsync(
        StateDirectory directory, IKubernetesApi? api, CancellationToken cancellationToken)
    {
        var vteps = await VtepsAsync(directory, api, cancellationToken);
        var withAddresses = options with { UnderlayAddresses = vteps };
        var fits = Underlay.MtuBytes(vteps) - withAddresses.OverheadBytes;
        if (options.MtuBytes > fits)
        {
            throw new AgentException($"--mtu {options.MtuBytes}: with {options.Overlay.ToString().ToLowerInvariant()} at most {fits} bytes "
                + "fit into the underlay's packets; larger ones would vanish");
        }
        return new NodeParameters(withAddresses, directory.Uid, vteps, options.MtuBytes ?? fits, BootId.Read().ToString(), version);
    }

    private Socket ListenForCni()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(options.CniSocket)!);
            return UnixListener.Listen(options.CniSocket);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SystemCallException)
        {
            throw new AgentException($"--cni-socket {options.CniSocket}: {e.Message}", e);
        }
    }

    private static CorrelationId NewCorrelation() => new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)));
}
