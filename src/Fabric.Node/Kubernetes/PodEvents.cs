using System.Threading.Channels;
using Fabric.Cluster.Kubernetes;
using Fabric.Messages;
using Fabric.Node.Cni;

namespace Fabric.Node.Kubernetes;

/// <summary>Tells of pods' failed attachments in Events on the Pods, where <c>kubectl describe pod</c> shows them.</summary>
/// <remarks>
/// <see cref="Answered"/> may be called from any thread and only ever queues; everything else lives on the event loop. What can't be
/// kept until the API server takes it is dropped, the oldest first, and counted.
/// </remarks>
public sealed class PodEvents(IKubernetesApi api, NodeName node, TimeProvider time, AgentLog log) : IPodCallObserver
{
    /// <summary>Events kept for the API server, written or not.</summary>
    public const int MostSeries = 512;

    private const int MostQueued = 512;

    public const string AnnotationsIgnored = "FabricAnnotationsIgnored";

    private static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(1);

    /// <summary>As long as the API server keeps an Event.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    private readonly Channel<PodCall> _calls = Channel.CreateBounded<PodCall>(
        new BoundedChannelOptions(MostQueued) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
        dropped => Dropped(log, dropped));

    private readonly PodTroubles _troubles = new();
    private readonly OrderedDictionary<(PodRef Pod, string Reason), PodEventSeries> _series = [];
    private readonly PodEventWriter _writer = new(api, node, time);
    private readonly AsyncSignal _wake = new();
    private volatile bool _wantsSuccess;
    private TimeSpan _notBefore;
    private int _failures;
    private string? _fault;

    /// <inheritdoc/>
    public void Answered(PodCall call)
    {
        if (call.Code != 0 || _wantsSuccess || _calls.Reader.Count > 0)
            _calls.Writer.TryWrite(call);
    }

    /// <summary>Tells something of a pod. On the event loop; returns at once.</summary>
    public void Report(PodRef pod, string reason, string message)
    {
        var key = (pod, reason);
        if (!_series.Remove(key, out var series))
            series = new PodEventSeries(pod, reason, time.GetUtcNow());
        if (_series.Count == MostSeries)
        {
            if (!_series.GetAt(0).Value.IsWritten)
                log.Metrics?.PodEventDropped();
            _series.RemoveAt(0);
        }
        _series.Add(key, series);
        series.Add($"{message} (node {node})", time.GetUtcNow());
        _wake.Set();
    }

    /// <summary>Writes until cancelled; what is not written then is lost.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Together.RunAsync([TakeAsync(term.Token), WriteAsync(term.Token)], term);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task TakeAsync(CancellationToken cancellationToken)
    {
        while (await _calls.Reader.WaitToReadAsync(cancellationToken))
        {
            // A success must not be left out while the failure before it has been taken and not judged.
            _wantsSuccess = true;
            while (_calls.Reader.TryRead(out var call))
            {
                if (_troubles.Judge(call, Now()) is var (reason, message))
                    Report(call.Pod, reason, $"{message}; fabric events --correlation {call.Correlation} tells more");
            }
            _wantsSuccess = _troubles.Any;
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var (next, due) = Next();
            if (next is null)
                await _wake.WaitAsync(cancellationToken);
            else if (due > Now())
                await WaitAsync(due - Now(), cancellationToken);
            else
                await WriteAsync(next, cancellationToken);
        }
    }

    /// <summary>The series that is to be written first, and when.</summary>
    private (PodEventSeries? Series, TimeSpan Due) Next()
    {
        foreach (var (key, series) in _series.Where(s => s.Value.IsWritten && time.GetUtcNow() - s.Value.LastAt > Memory).ToList())
            _series.Remove(key);
        var next = _series.Values.Where(s => !s.IsWritten).MinBy(s => s.NotBefore);
        return next is null ? default : (next, next.NotBefore > _notBefore ? next.NotBefore : _notBefore);
    }

    private async Task WriteAsync(PodEventSeries series, CancellationToken cancellationToken)
    {
        try
        {
            await _writer.WriteAsync(series, cancellationToken);
            (_failures, _fault) = (0, null);
        }
        catch (KubernetesException e)
        {
            if (_fault != e.Message)
                log.Warn($"the event {series.Reason} of pod {series.Pod} could not be written: {e.Message}");
            _fault = e.Message;
            if (!e.IsTransient && e.Fault is not (ApiFault.Conflict or ApiFault.Unauthorized))
            {
                // Its namespace is going away, or the API server will never take it.
                _series.Remove((series.Pod, series.Reason));
                log.Metrics?.PodEventDropped();
                return;
            }
            var pause = e.RetryAfter ?? TimeSpan.FromSeconds(1 << Math.Min(_failures++, 6));
            _notBefore = Now() + (pause < LongestBackoff ? pause : LongestBackoff);
        }
    }

    private async Task WaitAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await _wake.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It is due.
        }
    }

    private static void Dropped(AgentLog log, PodCall dropped)
    {
        if (dropped.Code != 0)
            log.Metrics?.PodEventDropped();
    }

    private TimeSpan Now() => time.GetElapsedTime(0);
}
