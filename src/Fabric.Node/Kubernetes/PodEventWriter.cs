using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Fabric.Cluster.Kubernetes;
using Fabric.Messages;

namespace Fabric.Node.Kubernetes;

/// <summary>Brings one Event object to what its series says.</summary>
internal sealed class PodEventWriter(IKubernetesApi api, NodeName node, TimeProvider time)
{
    /// <summary>One request; may have to be called again.</summary>
    /// <exception cref="KubernetesException">It may or may not have been written.</exception>
    public async Task WriteAsync(PodEventSeries series, CancellationToken cancellationToken)
    {
        var count = series.Count;
        if (series.Exists)
        {
            try
            {
                await api.PatchAsync(EventObject.Resource, series.Pod.Namespace, series.Name, ChangeOf(series), null, cancellationToken);
                series.Wrote(count, time.GetElapsedTime(0));
            }
            catch (KubernetesException e) when (e.Fault == ApiFault.NotFound)
            {
                // Events go away by themselves, after an hour as a rule.
                series.Exists = false;
            }
            return;
        }
        try
        {
            await api.CreateAsync(EventObject.Resource, series.ToObject(node), cancellationToken);
            series.Wrote(count, time.GetElapsedTime(0));
        }
        catch (KubernetesException e) when (e.Fault == ApiFault.AlreadyExists)
        {
            series.Continue(await api.GetAsync(EventObject.Resource, series.Pod.Namespace, series.Name, cancellationToken));
        }
    }

    private static ApiPatch ChangeOf(PodEventSeries series)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("count", series.Count);
            json.WriteString("lastTimestamp", series.LastAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            json.WriteString("message", series.Message);
            json.WriteEndObject();
        }
        return new ApiPatch.Merge(buffer.WrittenMemory);
    }
}
