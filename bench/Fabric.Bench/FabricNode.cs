using System.Diagnostics;
using Fabric.Lab;

namespace Fabric.Bench;

/// <summary>One node with its own Open vSwitch, the agent on it, and the CNI binary that speaks to that agent.</summary>
internal sealed class FabricNode : IDisposable
{
    private readonly LabUnderlay _underlay;
    private readonly LabNode _node;
    private readonly string _folder;
    private AgentProcess? _agent;

    public FabricNode()
    {
        _folder = Directory.CreateTempSubdirectory("fab-t-bench-").FullName;
        _underlay = LabUnderlay.Create();
        _node = LabNode.Create(_underlay);
        CniSocket = Path.Combine(_folder, "cni.sock");
        Cni = new CniPlugin(Binaries.Cni,
            $$"""{"cniVersion":"1.1.0","name":"pods","type":"fabric","agentSocket":"{{CniSocket}}" """.TrimEnd(), Calls("fabric"), null);
    }

    public CniPlugin Cni { get; }

    public string CniSocket { get; }

    public string StateFolder => Path.Combine(_folder, "state");

    public string AdminSocket => Path.Combine(_folder, "admin.sock");

    public string ClusterFile => Path.Combine(_folder, "cluster.db");

    public LabNode Node => _node;

    public AgentProcess Agent => _agent ?? throw new InvalidOperationException("the agent does not run");

    /// <summary>A folder for the files of some plugin's calls.</summary>
    public string Calls(string plugin) => Directory.CreateDirectory(Path.Combine(_folder, "calls-" + plugin)).FullName;

    /// <summary>Starts the agent and returns once an ADD would be served.</summary>
    /// <returns>The time from starting the process until then.</returns>
    public TimeSpan StartAgent()
    {
        LaunchAgent();
        while (true)
        {
            ThrowIfAgentEnded();
            if (File.Exists(CniSocket) && Cni.Call("STATUS", "status", null, "").ExitCode == 0)
                return Stopwatch.GetElapsedTime(Agent.StartedAt);
            if (Stopwatch.GetElapsedTime(Agent.StartedAt) > TimeSpan.FromSeconds(60))
                throw new InvalidOperationException($"the agent is not ready after a minute: {File.ReadAllText(LogPath)}");
            Thread.Sleep(1);
        }
    }

    /// <summary>Starts the agent and does not wait for it.</summary>
    public void LaunchAgent()
    {
        _agent?.Dispose();
        _agent = new AgentProcess(_node.Namespace.Name,
        [
            "--node-name", "bench", "--state-dir", StateFolder, "--cluster-store", "sqlite:" + ClusterFile,
            "--cluster-cidr", "10.128.0.0/9", "--node-prefix-length", "22", "--underlay-address", $"{_node.Address}",
            "--datapath-type", "netdev", "--ovs-db", _node.Ovs.Endpoint, "--ovs-run-dir", _node.Ovs.RunFolder,
            "--cni-socket", CniSocket, "--admin-socket", AdminSocket, "--health-address", "off", "--log-level", "warning",
        ], LogPath);
    }

    public void ThrowIfAgentEnded()
    {
        if (Agent.HasExited)
            throw new InvalidOperationException($"the agent ended: {File.ReadAllText(LogPath)}");
    }

    /// <summary>SIGKILLs the agent; ports and flows stay. The socket is deleted, so that the next start is seen by it.</summary>
    public void KillAgent()
    {
        _agent?.Dispose();
        _agent = null;
        File.Delete(CniSocket);
    }

    public void Dispose()
    {
        _agent?.Dispose();
        _node.Dispose();
        _underlay.Dispose();
        if (Environment.GetEnvironmentVariable("BENCH_KEEP") is null)
            Directory.Delete(_folder, recursive: true);
        else
            Results.Progress($"kept {_folder}");
    }

    private string LogPath => Path.Combine(_folder, "agent.log");
}
