using System.Buffers;
using System.Text.Json;

namespace Fabric.Ovs.Ovsdb;

/// <summary>
/// Finds where each JSON object of a byte stream ends; OVSDB puts nothing between them (RFC 7047, section 4). Every
/// byte is looked at once, however the stream is cut into pieces.
/// </summary>
internal sealed class OvsdbFrameReader(long maxFrameBytes)
{
    private static readonly JsonReaderOptions Options = new() { AllowMultipleValues = true, MaxDepth = 64 };

    private JsonReaderState _state = new(Options);
    private long _scanned;

    /// <summary>
    /// Takes the first whole object off <paramref name="buffer"/>. When false, call again with the same bytes and more
    /// behind them. Throws <see cref="FormatException"/> when the bytes are not JSON objects, or one is too long.
    /// </summary>
    internal bool TryRead(ref ReadOnlySequence<byte> buffer, out JsonElement frame)
    {
        var reader = new Utf8JsonReader(buffer.Slice(_scanned), isFinalBlock: false, _state);
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth > 0)
                    continue;
                if (reader.TokenType is JsonTokenType.StartObject)
                    continue;
                if (reader.TokenType is not JsonTokenType.EndObject)
                    throw new FormatException($"A message begins with {reader.TokenType}.");

                var length = _scanned + reader.BytesConsumed;
                var whole = new Utf8JsonReader(buffer.Slice(0, length), isFinalBlock: true, default);
                frame = JsonElement.ParseValue(ref whole);
                buffer = buffer.Slice(length);
                _state = new JsonReaderState(Options);
                _scanned = 0;
                return true;
            }
        }
        catch (JsonException exception)
        {
            throw new FormatException($"The stream is not JSON: {exception.Message}", exception);
        }

        _state = reader.CurrentState;
        _scanned += reader.BytesConsumed;
        frame = default;
        if (buffer.Length > maxFrameBytes)
            throw new FormatException($"A message is longer than {maxFrameBytes} bytes.");
        return false;
    }
}
