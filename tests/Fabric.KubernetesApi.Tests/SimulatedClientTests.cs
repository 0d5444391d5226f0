using Fabric.Cluster.Kubernetes;
using Fabric.Contracts;

namespace Fabric.KubernetesApi.Tests;

/// <summary>What a simulation needs of the client without HTTP: one thread, hooks, and watches that break.</summary>
public sealed class SimulatedClientTests
{
    private readonly ApiState _state = ApiState.Start(TimeProvider.System);
    private readonly SimulatedKubernetesApi _api;

    public SimulatedClientTests()
    {
        _state.LoadText(WidgetObject.Definition);
        _api = new SimulatedKubernetesApi(_state);
    }

    [Fact]
    public void Nothing_leaves_the_callers_loop()
    {
        var loop = new OneThread();
        var thread = Environment.CurrentManagedThreadId;
        List<int> seen = [];
        using var end = new CancellationTokenSource();
        _api.Before = async (_, _) =>
        {
            await Task.Yield();
            seen.Add(Environment.CurrentManagedThreadId);
        };
        var watching = loop.Run(async () =>
        {
            await foreach (var change in _api.WatchAsync(WidgetObject.Resource, ObjectQuery.All, "1", end.Token))
            {
                seen.Add(Environment.CurrentManagedThreadId);
                if (change is WatchEvent<WidgetObject>.Bookmark)
                    return;
            }
        });
        var writing = loop.Run(async () =>
        {
            for (var i = 0; i < 5; i++)
            {
                await _api.CreateAsync(WidgetObject.Resource, Sample($"w{i}"), default);
                seen.Add(Environment.CurrentManagedThreadId);
            }
            _state.SendBookmarks();
        });
        loop.RunUntilIdle();
        Assert.True(watching.IsCompletedSuccessfully && writing.IsCompletedSuccessfully);
        Assert.Equal(6 + 5 + 6, seen.Count);
        Assert.All(seen, id => Assert.Equal(thread, id));
    }

    [Fact]
    public async Task A_request_that_fails_before_is_not_made_and_one_that_fails_after_is()
    {
        _api.Before = (request, _) => throw Lost(request);
        await Assert.ThrowsAsync<KubernetesException>(() => _api.CreateAsync(WidgetObject.Resource, Sample("a"), default));
        (_api.Before, _api.After) = (null, (request, _) => throw Lost(request));
        await Assert.ThrowsAsync<KubernetesException>(() => _api.CreateAsync(WidgetObject.Resource, Sample("b"), default));
        _api.After = null;
        var list = await _api.ListAsync(WidgetObject.Resource, ObjectQuery.All, 0, null, null, default);
        Assert.Equal("b", Assert.Single(list.Items).Metadata.Name);

        static KubernetesException Lost(ApiRequest request) => new($"{request}", ApiFault.Unreachable, "lost", false);
    }

    [Fact]
    public async Task Hooks_are_told_what_is_asked_for()
    {
        List<string> asked = [];
        _api.Before = (request, _) =>
        {
            asked.Add($"{request}");
            return Task.CompletedTask;
        };
        var made = await _api.CreateAsync(WidgetObject.Resource, Sample("a"), default);
        await _api.ReplaceAsync(WidgetObject.Resource, made, "status", default);
        await _api.ListAsync(NodeObject.Resource, ObjectQuery.All, 0, null, null, default);
        const string It = "widgets.test.fabric.cni.dev/default/a";
        Assert.Equal([$"CREATE {It}", $"PUT {It}/status", "LIST nodes"], asked);
    }

    [Fact]
    public async Task Broken_watches_end_or_fail_and_only_this_clients()
    {
        var other = new SimulatedKubernetesApi(_state);
        var first = Next(_api);
        var second = Next(other);
        _api.BreakWatches();
        Assert.False(await first);
        Assert.False(second.IsCompleted);
        other.BreakWatches(ApiFault.Unreachable);
        Assert.Equal(ApiFault.Unreachable, (await Assert.ThrowsAsync<KubernetesException>(() => second)).Fault);

        Task<bool> Next(SimulatedKubernetesApi api) => api.WatchAsync(
            WidgetObject.Resource, ObjectQuery.All, $"{_state.Revision}", default).GetAsyncEnumerator().MoveNextAsync().AsTask();
    }

    [Fact]
    public async Task A_client_that_is_abandoned_leaves_its_watches_waiting()
    {
        var next = _api.WatchAsync(WidgetObject.Resource, ObjectQuery.All, $"{_state.Revision}", default)
            .GetAsyncEnumerator().MoveNextAsync().AsTask();
        _api.Abandon();
        await new SimulatedKubernetesApi(_state).CreateAsync(WidgetObject.Resource, Sample("a"), default);
        _state.CloseWatches();
        Assert.False(next.IsCompleted);
    }

    private static WidgetObject Sample(string name) => new(new ObjectMeta(name, "default"), new WidgetSpec(3));

    /// <summary>All continuations on the thread that runs it; one from elsewhere fails the test by its thread's id.</summary>
    private sealed class OneThread : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback, object?)> _posted = new();

        public override void Post(SendOrPostCallback d, object? state) => _posted.Enqueue((d, state));

        public Task Run(Func<Task> work) => Here(work);

        public void RunUntilIdle() => Here(() =>
        {
            while (_posted.TryDequeue(out var next))
                next.Item1(next.Item2);
            return 0;
        });

        private T Here<T>(Func<T> work)
        {
            var before = Current;
            SetSynchronizationContext(this);
            try
            {
                return work();
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }
    }
}
