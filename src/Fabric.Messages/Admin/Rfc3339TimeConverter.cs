using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Messages;

/// <summary>A time as RFC 3339 in UTC with milliseconds: <c>2026-05-04T03:02:01.000Z</c>.</summary>
public sealed class Rfc3339TimeConverter : JsonConverter<DateTimeOffset>
{
    public const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TryGetDateTimeOffset(out var time) ? time : throw new JsonException("a time is written as RFC 3339");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Text(value));

    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);
}
