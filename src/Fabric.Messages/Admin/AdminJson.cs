using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>How the admin socket's answers are written. Every property is always there, null or not, so that jq finds it.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(Rfc3339TimeConverter)])]
[JsonSerializable(typeof(StatusAnswer))]
[JsonSerializable(typeof(MembersAnswer))]
[JsonSerializable(typeof(NetworksAnswer))]
[JsonSerializable(typeof(MeshAnswer))]
[JsonSerializable(typeof(PortsAnswer))]
[JsonSerializable(typeof(IpsAnswer))]
[JsonSerializable(typeof(FlowsAnswer))]
[JsonSerializable(typeof(EventEntry))]
[JsonSerializable(typeof(OperationAnswer))]
[JsonSerializable(typeof(AdminError))]
[JsonSerializable(typeof(string))]
public sealed partial class AdminJson : JsonSerializerContext;
