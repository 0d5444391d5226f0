using System.Text.Json;
using Fabric.Messages;

namespace Fabric.Cluster;

/// <summary>The value of the <c>singleton</c> lease: who runs the cluster's entities.</summary>
public sealed record SingletonLeaseRecord(NodeName Node, string Uid, long Incarnation)
{
    public const string LeaseName = "singleton";

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ClusterJson.Default.SingletonLeaseRecord);

    /// <returns>Null if the value is not such a record as this version knows it.</returns>
    public static SingletonLeaseRecord? TryDecode(ReadOnlySpan<byte> value)
    {
        try
        {
            return JsonSerializer.Deserialize(value, ClusterJson.Default.SingletonLeaseRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
