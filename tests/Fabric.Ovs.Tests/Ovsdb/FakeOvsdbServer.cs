using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Fabric.Ovs.Tests.Ovsdb;

/// <summary>
/// A server on a unix socket that answers as its script says, byte for byte, so that what a healthy server never does
/// can be tested: silence, half a message, a lost connection.
/// </summary>
internal sealed class FakeOvsdbServer : IAsyncDisposable
{
    internal const string Schema =
        """
        {"name":"Test","version":"1.0.0","tables":{"T":{"columns":{
          "name":{"type":"string"},
          "number":{"type":{"key":"integer","min":0,"max":1}},
          "real":{"type":"real"},
          "tags":{"type":{"key":"string","min":0,"max":"unlimited"}},
          "ids":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"}}}}}}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("fab-t-fake-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<JsonElement, string?> _answer;
    private readonly Channel<JsonElement> _received = Channel.CreateUnbounded<JsonElement>();
    private readonly Task _serving;
    private Socket? _client;

    /// <summary>
    /// <paramref name="answer"/> gives the result for a request, or null for silence; a text that begins with ! is the
    /// error. get_schema is answered without asking it.
    /// </summary>
    internal FakeOvsdbServer(Func<JsonElement, string?> answer)
    {
        _answer = answer;
        _listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder, "s")));
        _listener.Listen();
        _serving = ServeAsync();
    }

    internal string Endpoint => $"unix:{_folder}/s";

    /// <summary>Everything the client sent, in order, but get_schema.</summary>
    internal ChannelReader<JsonElement> Received => _received.Reader;

    /// <summary>Answers are sent in pieces of this many bytes.</summary>
    internal int PieceBytes { get; init; } = int.MaxValue;

    /// <summary>The answer to get_schema; null for silence.</summary>
    internal string? SchemaAnswer { get; init; } = Schema;

    internal async Task SendAsync(string message)
    {
        var bytes = Encoding.UTF8.GetBytes(message);
        for (var start = 0; start < bytes.Length; start += Math.Min(PieceBytes, bytes.Length))
        {
            var piece = bytes.AsMemory(start, Math.Min(PieceBytes, bytes.Length - start));
            await _client!.SendAsync(piece, _stopping.Token);
        }
    }

    /// <summary>Cuts the connection of the moment; the next one is accepted.</summary>
    internal void Cut() => _client!.Shutdown(SocketShutdown.Both);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        _client?.Dispose();
        await _serving;
        _stopping.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _client = await _listener.AcceptAsync(_stopping.Token);
                await ServeClientAsync(_client);
                _client.Dispose();
            }
        }
        catch (Exception exception) when (
            exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeClientAsync(Socket client)
    {
        var pending = new List<byte>();
        var buffer = new byte[64 * 1024];
        while (await client.ReceiveAsync(buffer, _stopping.Token) is > 0 and var count)
        {
            pending.AddRange(buffer[..count]);
            while (Take(pending) is { } request)
                await AnswerAsync(request);
        }
    }

    private async Task AnswerAsync(JsonElement request)
    {
        var asked = request.TryGetProperty("method", out var method) ? method.GetString() : null;
        if (asked is not "get_schema")
            _received.Writer.TryWrite(request);
        if (asked is null || request.GetProperty("id").ValueKind is JsonValueKind.Null)
            return;
        var answer = asked is "get_schema" ? SchemaAnswer : _answer(request);
        if (answer is null)
            return;
        var id = request.GetProperty("id").GetRawText();
        await SendAsync(answer[0] == '!'
            ? $$"""{"id":{{id}},"result":null,"error":{{answer[1..]}}}"""
            : $$"""{"id":{{id}},"result":{{answer}},"error":null}""");
    }

    private static JsonElement? Take(List<byte> pending)
    {
        if (pending.Count == 0)
            return null;
        var reader = new Utf8JsonReader(pending.ToArray(), isFinalBlock: false, default);
        if (!JsonDocument.TryParseValue(ref reader, out var document))
            return null;
        pending.RemoveRange(0, (int)reader.BytesConsumed);
        return document.RootElement;
    }
}
