using System.Collections.Immutable;
using Fabric.Cluster.Kubernetes;
using Fabric.KubernetesApi;
using Microsoft.Extensions.Logging;

namespace Fabric.Node.Tests.Kubernetes;

/// <summary>An API in this process, with what was asked of it, and a log that can be read.</summary>
internal sealed class ObservedApi
{
    public ObservedApi(TimeProvider time)
    {
        Api = new SimulatedKubernetesApi(ApiState.Start(time))
        {
            Before = async (request, cancellationToken) =>
            {
                if (Faults.TryDequeue(out var fault))
                    throw new KubernetesException($"{request}", fault, "as the test wants it", isSurelyUndone: true);
                Requests.Add($"{request}");
                // An answer takes time, so that others run meanwhile.
                await Task.Delay(TimeSpan.FromMilliseconds(5), time, cancellationToken);
            },
        };
        Log = new AgentLog(new Recorder(Lines));
    }

    public SimulatedKubernetesApi Api { get; }

    public AgentLog Log { get; }

    public List<string> Lines { get; } = [];

    public List<string> Requests { get; } = [];

    /// <summary>What the next requests fail with.</summary>
    public Queue<ApiFault> Faults { get; } = [];

    public int Writes => Requests.Count(r => r.StartsWith("PATCH", StringComparison.Ordinal) || r.StartsWith("CREATE", StringComparison.Ordinal));

    public Task<NodeObject> MakeNodeAsync(string name, params (string Name, string Value)[] capacity) => Api.CreateAsync(NodeObject.Resource,
        new NodeObject(new ObjectMeta(name), Status: new NodeStatus(
            Capacity: capacity.ToImmutableSortedDictionary(c => c.Name, c => c.Value))), default);

    private sealed class Recorder(List<string> lines) : ILogger<AgentLog>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            lock (lines)
                lines.Add($"{logLevel}: {formatter(state, exception)}");
        }
    }
}
