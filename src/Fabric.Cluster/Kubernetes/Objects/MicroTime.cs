using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Cluster.Kubernetes;

/// <summary>
/// MicroTime (apimachinery, meta/v1): RFC 3339 with exactly six digits of a second's fraction; the API server refuses others.
/// </summary>
internal sealed class MicroTime : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
}
