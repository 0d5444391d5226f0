using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Cluster.Kubernetes;

/// <summary>Time (apimachinery, meta/v1): RFC 3339 in whole seconds of UTC, as the API server gives it back.</summary>
internal sealed class WholeSeconds : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
}
