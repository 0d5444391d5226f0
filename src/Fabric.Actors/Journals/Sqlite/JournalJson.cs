using System.Text.Json.Serialization;

namespace Fabric.Actors;

[JsonSerializable(typeof(string[]))]
internal sealed partial class JournalJson : JsonSerializerContext;
