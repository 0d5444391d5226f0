using System.Globalization;
using System.Net.Sockets;

namespace Fabric.Ovs.Ovsdb;

/// <summary>
/// Where an OVSDB server listens, in the notation of ovsdb(7): <c>unix:/abs/path</c> or <c>tcp:host:port</c>.
/// </summary>
/// <remarks>A host that holds colons is an IPv6 address in brackets.</remarks>
public sealed record OvsdbEndpoint
{
    private OvsdbEndpoint(string? path, string? host, int port) => (Path, Host, Port) = (path, host, port);

    /// <summary>The absolute path of the socket, for <c>unix:</c>.</summary>
    public string? Path { get; }

    /// <summary>The host, for <c>tcp:</c>.</summary>
    public string? Host { get; }

    /// <summary>The port, for <c>tcp:</c>.</summary>
    public int Port { get; }

    /// <summary>Reads the notation; throws <see cref="FormatException"/> for anything else.</summary>
    public static OvsdbEndpoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith("unix:/", StringComparison.Ordinal))
            return new(text["unix:".Length..], null, 0);

        var colon = text.LastIndexOf(':');
        if (text.StartsWith("tcp:", StringComparison.Ordinal)
            && colon > "tcp:".Length
            && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return new(null, text["tcp:".Length..colon].Trim('[', ']'), port);

        throw new FormatException($"'{text}' is neither unix:/absolute/path nor tcp:host:port.");
    }

    /// <inheritdoc/>
    public override string ToString() => Path is not null ? $"unix:{Path}" : $"tcp:{Host}:{Port}";

    internal async Task<Socket> ConnectAsync(CancellationToken cancellation)
    {
        var socket = Path is not null
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (Path is not null)
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path), cancellation).ConfigureAwait(false);
            else
                await socket.ConnectAsync(Host!, Port, cancellation).ConfigureAwait(false);
            return socket;
        }
        catch (Exception)
        {
            socket.Dispose();
            throw;
        }
    }
}
