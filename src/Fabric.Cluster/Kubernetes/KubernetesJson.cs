using System.Text.Json.Serialization;

namespace Fabric.Cluster.Kubernetes;

/// <summary>How objects of the API are read and written: camelCase, nothing for null, times in whole seconds.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = false,
    Converters = [typeof(WholeSeconds)])]
[JsonSerializable(typeof(NodeObject))]
[JsonSerializable(typeof(PodObject))]
[JsonSerializable(typeof(EventObject))]
[JsonSerializable(typeof(LeaseObject))]
[JsonSerializable(typeof(NodeNetworkObject))]
[JsonSerializable(typeof(NetworkObject))]
[JsonSerializable(typeof(ApiStatus))]
[JsonSerializable(typeof(Deletion))]
[JsonSerializable(typeof(WatchLine))]
[JsonSerializable(typeof(MetadataPatch))]
internal sealed partial class KubernetesJson : JsonSerializerContext;
