using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fabric.Ovs.Ovsdb;

/// <summary>The JSON notation of RFC 7047 sections 5.1 and 5.2. Reading throws <see cref="FormatException"/>.</summary>
internal static class OvsdbJson
{
    // Nothing here is ever embedded in HTML, so only what JSON itself demands is escaped.
    internal static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    internal static string ToText(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
            write(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    internal static void WriteValue(Utf8JsonWriter writer, OvsdbValue value)
    {
        if (value.Single is { } atom)
        {
            WriteAtom(writer, atom);
            return;
        }

        writer.WriteStartArray();
        writer.WriteStringValue(value.IsMap ? "map" : "set");
        writer.WriteStartArray();
        for (var index = 0; index < value.Count; index++)
        {
            if (value.IsMap)
            {
                writer.WriteStartArray();
                WriteAtom(writer, value.Keys[index]);
                WriteAtom(writer, value.Values[index]);
                writer.WriteEndArray();
            }
            else
            {
                WriteAtom(writer, value.Keys[index]);
            }
        }

        writer.WriteEndArray();
        writer.WriteEndArray();
    }

    internal static void WriteRow(Utf8JsonWriter writer, OvsdbRow row)
    {
        writer.WriteStartObject();
        foreach (var (column, value) in row)
        {
            writer.WritePropertyName(column);
            WriteValue(writer, value);
        }

        writer.WriteEndObject();
    }

    internal static void WriteConditions(Utf8JsonWriter writer, ImmutableArray<OvsdbCondition> conditions)
    {
        writer.WriteStartArray();
        foreach (var condition in conditions)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(condition.Column);
            writer.WriteStringValue(TextOf(condition.Function));
            WriteValue(writer, condition.Value);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    internal static void WriteTexts(Utf8JsonWriter writer, string property, ImmutableArray<string> texts)
    {
        writer.WriteStartArray(property);
        foreach (var text in texts)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
    }

    internal static void WriteOperation(Utf8JsonWriter writer, OvsdbOperation operation)
    {
        writer.WriteStartObject();
        switch (operation)
        {
            case OvsdbOperation.Insert insert:
                WriteHead(writer, "insert", insert.Table);
                if (insert.UuidName is { } name)
                    writer.WriteString("uuid-name", name);
                writer.WritePropertyName("row");
                WriteRow(writer, insert.Row);
                break;
            case OvsdbOperation.Select select:
                WriteHead(writer, "select", select.Table, select.Where);
                if (select.Columns is { } columns)
                    WriteTexts(writer, "columns", columns);
                break;
            case OvsdbOperation.Update update:
                WriteHead(writer, "update", update.Table, update.Where);
                writer.WritePropertyName("row");
                WriteRow(writer, update.Row);
                break;
            case OvsdbOperation.Mutate mutate:
                WriteHead(writer, "mutate", mutate.Table, mutate.Where);
                WriteMutations(writer, mutate.Mutations);
                break;
            case OvsdbOperation.Delete delete:
                WriteHead(writer, "delete", delete.Table, delete.Where);
                break;
            case OvsdbOperation.Wait wait:
                WriteWait(writer, wait);
                break;
            case OvsdbOperation.Commit commit:
                writer.WriteString("op", "commit");
                writer.WriteBoolean("durable", commit.Durable);
                break;
            case OvsdbOperation.Abort:
                writer.WriteString("op", "abort");
                break;
            case OvsdbOperation.Comment comment:
                writer.WriteString("op", "comment");
                writer.WriteString("comment", comment.Text);
                break;
            case OvsdbOperation.Assert assert:
                writer.WriteString("op", "assert");
                writer.WriteString("lock", assert.Lock);
                break;
            default:
                throw new UnreachableException(operation.GetType().Name);
        }

        writer.WriteEndObject();
    }

    internal static OvsdbValue ReadValue(JsonElement json)
    {
        if (json.ValueKind is not JsonValueKind.Array)
            return OvsdbValue.Of(ReadAtom(json));
        switch (TagOf(json))
        {
            case "set":
                return OvsdbValue.Set(ItemsOf(json).Select(ReadAtom));
            case "map":
                try
                {
                    return OvsdbValue.Map(ItemsOf(json).Select(ReadPair));
                }
                catch (ArgumentException exception)
                {
                    throw new FormatException(exception.Message, exception);
                }

            default:
                return OvsdbValue.Of(ReadAtom(json));
        }
    }

    internal static OvsdbRow ReadRow(JsonElement json)
    {
        if (json.ValueKind is not JsonValueKind.Object)
            throw Malformed(json, "row");
        return new OvsdbRow(json.EnumerateObject()
            .Select(column => KeyValuePair.Create(column.Name, ReadValue(column.Value))));
    }

    internal static OvsdbResult ReadResult(JsonElement json)
    {
        if (json.ValueKind is not JsonValueKind.Object)
            throw Malformed(json, "operation result");
        Guid? uuid = json.TryGetProperty("uuid", out var inserted) ? ReadAtom(inserted).AsUuid() : null;
        long? count = json.TryGetProperty("count", out var matched) ? matched.GetInt64() : null;
        ImmutableArray<OvsdbRow> rows = json.TryGetProperty("rows", out var selected)
            ? [.. selected.EnumerateArray().Select(ReadRow)]
            : [];
        return new OvsdbResult(uuid, count, rows);
    }

    internal static FormatException Malformed(JsonElement json, string what)
    {
        var text = json.ValueKind is JsonValueKind.Undefined ? "nothing" : json.GetRawText();
        return new($"Not an OVSDB {what}: {(text.Length > 200 ? text[..200] + "…" : text)}");
    }

    private static void WriteAtom(Utf8JsonWriter writer, OvsdbAtom atom)
    {
        switch (atom.Kind)
        {
            case OvsdbAtomKind.Integer:
                writer.WriteNumberValue(atom.AsInteger());
                break;
            case OvsdbAtomKind.Real:
                // With a point or an exponent, so that it reads back as a real.
                var text = atom.ToString();
                writer.WriteRawValue(text.AsSpan().ContainsAny(".Ee") ? text : text + ".0", skipInputValidation: true);
                break;
            case OvsdbAtomKind.Boolean:
                writer.WriteBooleanValue(atom.AsBoolean());
                break;
            case OvsdbAtomKind.String:
                writer.WriteStringValue(atom.AsString());
                break;
            default:
                writer.WriteStartArray();
                writer.WriteStringValue(atom.Kind is OvsdbAtomKind.Uuid ? "uuid" : "named-uuid");
                writer.WriteStringValue(atom.ToString());
                writer.WriteEndArray();
                break;
        }
    }

    private static void WriteHead(
        Utf8JsonWriter writer, string op, string table, ImmutableArray<OvsdbCondition>? where = null)
    {
        writer.WriteString("op", op);
        writer.WriteString("table", table);
        if (where is not { } conditions)
            return;
        writer.WritePropertyName("where");
        WriteConditions(writer, conditions);
    }

    private static void WriteMutations(Utf8JsonWriter writer, ImmutableArray<OvsdbMutation> mutations)
    {
        writer.WriteStartArray("mutations");
        foreach (var mutation in mutations)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(mutation.Column);
            writer.WriteStringValue(TextOf(mutation.Mutator));
            WriteValue(writer, mutation.Value);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    private static void WriteWait(Utf8JsonWriter writer, OvsdbOperation.Wait wait)
    {
        WriteHead(writer, "wait", wait.Table, wait.Where);
        if (wait.Timeout is { } timeout)
            writer.WriteNumber("timeout", (long)timeout.TotalMilliseconds);
        WriteTexts(writer, "columns", wait.Columns);
        writer.WriteString("until", wait.UntilEqual ? "==" : "!=");
        writer.WriteStartArray("rows");
        foreach (var row in wait.Rows)
            WriteRow(writer, row);
        writer.WriteEndArray();
    }

    private static OvsdbAtom ReadAtom(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                return ReadText(json);
            case JsonValueKind.True or JsonValueKind.False:
                return OvsdbAtom.Boolean(json.GetBoolean());
            case JsonValueKind.Number when json.TryGetInt64(out var integer) && IsPlainInteger(json):
                return OvsdbAtom.Integer(integer);
            case JsonValueKind.Number when json.TryGetDouble(out var real) && double.IsFinite(real):
                return OvsdbAtom.Real(real);
            case JsonValueKind.Array when TagOf(json) is "uuid"
                && Guid.TryParseExact(TextOf(json[1]), "D", out var id):
                return OvsdbAtom.Uuid(id);
            case JsonValueKind.Array when TagOf(json) is "named-uuid"
                && TextOf(json[1]) is { } name && OvsdbAtom.IsIdentifier(name):
                return OvsdbAtom.NamedUuid(name);
            default:
                throw Malformed(json, "atom");
        }
    }

    private static OvsdbAtom ReadText(JsonElement json)
    {
        try
        {
            return OvsdbAtom.String(json.GetString()!);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // A NUL, or a surrogate escaped without its partner.
            throw new FormatException(exception.Message, exception);
        }
    }

    private static bool IsPlainInteger(JsonElement json) => !json.GetRawText().AsSpan().ContainsAny(".Ee");

    private static KeyValuePair<OvsdbAtom, OvsdbAtom> ReadPair(JsonElement json) =>
        json.ValueKind is JsonValueKind.Array && json.GetArrayLength() == 2
            ? KeyValuePair.Create(ReadAtom(json[0]), ReadAtom(json[1]))
            : throw Malformed(json, "pair");

    /// <summary>The first element of a two-element array if it is text: "uuid", "set", …</summary>
    private static string? TagOf(JsonElement json) =>
        json.GetArrayLength() == 2 ? TextOf(json[0]) : null;

    private static string? TextOf(JsonElement json) =>
        json.ValueKind is JsonValueKind.String ? json.GetString() : null;

    private static JsonElement.ArrayEnumerator ItemsOf(JsonElement json) =>
        json[1].ValueKind is JsonValueKind.Array ? json[1].EnumerateArray() : throw Malformed(json, "set or map");

    private static string TextOf(OvsdbFunction function) => function switch
    {
        OvsdbFunction.Equal => "==",
        OvsdbFunction.NotEqual => "!=",
        OvsdbFunction.Includes => "includes",
        OvsdbFunction.Excludes => "excludes",
        OvsdbFunction.Less => "<",
        OvsdbFunction.LessOrEqual => "<=",
        OvsdbFunction.Greater => ">",
        OvsdbFunction.GreaterOrEqual => ">=",
        _ => throw new ArgumentOutOfRangeException(nameof(function), function, null),
    };

    private static string TextOf(OvsdbMutator mutator) => mutator switch
    {
        OvsdbMutator.Add => "+=",
        OvsdbMutator.Subtract => "-=",
        OvsdbMutator.Multiply => "*=",
        OvsdbMutator.Divide => "/=",
        OvsdbMutator.Modulo => "%=",
        OvsdbMutator.Insert => "insert",
        OvsdbMutator.Delete => "delete",
        _ => throw new ArgumentOutOfRangeException(nameof(mutator), mutator, null),
    };
}
