using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Fabric.Linux;

namespace Fabric.Demo;

/// <summary>ICMP echo (RFC 792) from inside a namespace, as ping sends it, with every send time kept.</summary>
/// <remarks>One thread sends and another receives; a reply is known by identifier, sequence number and sender.</remarks>
internal sealed class Echo : IDisposable
{
    private const byte Request = 8, Reply = 0;
    private const int HeaderBytes = 8, PayloadBytes = 56;

    private readonly Socket _socket;
    private readonly ushort _identifier = (ushort)Random.Shared.Next(1, ushort.MaxValue);

    private Echo(Socket socket) => _socket = socket;

    public static Echo Open(NetworkNamespace inside) => new(inside.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp)
        {
            // A stalled reader must not be counted as a lost packet.
            ReceiveBufferSize = 1 << 20,
        };
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        return socket;
    }));

    /// <summary>Sends one request.</summary>
    /// <returns>False if the kernel refused it, as it does while it has no neighbour entry: that packet is lost.</returns>
    public bool Send(IPAddress target, ushort sequence)
    {
        Span<byte> packet = stackalloc byte[HeaderBytes + PayloadBytes];
        packet.Clear();
        packet[0] = Request;
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], _identifier);
        BinaryPrimitives.WriteUInt16BigEndian(packet[6..], sequence);
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], Checksum(packet));
        try
        {
            return _socket.SendTo(packet, SocketFlags.None, new IPEndPoint(target, 0)) == packet.Length;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Waits for the next reply to a request of this socket.</summary>
    /// <returns>Its sequence number and sender; null when the time is over, or the kernel reports an error instead.</returns>
    public (ushort Sequence, IPAddress From)? Receive(TimeSpan within)
    {
        Span<byte> packet = stackalloc byte[2048];
        var until = Stopwatch.GetTimestamp() + (long)(within.TotalSeconds * Stopwatch.Frequency);
        while (true)
        {
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), until);
            if (left <= TimeSpan.Zero || !Poll(left))
                return null;
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            int length;
            try
            {
                length = _socket.ReceiveFrom(packet, SocketFlags.None, ref from);
            }
            catch (SocketException)
            {
                return null;
            }

            // A raw socket delivers the IP header too; its length is in 32-bit words (RFC 791).
            var icmp = packet[..length][((packet[0] & 15) * 4)..];
            if (icmp.Length >= HeaderBytes && icmp[0] == Reply && BinaryPrimitives.ReadUInt16BigEndian(icmp[4..]) == _identifier)
                return (BinaryPrimitives.ReadUInt16BigEndian(icmp[6..]), ((IPEndPoint)from).Address);
        }
    }

    /// <summary>One request and its reply.</summary>
    /// <returns>The round trip; null if there was no reply within a second.</returns>
    public TimeSpan? Once(IPAddress target, ushort sequence)
    {
        var began = Stopwatch.GetTimestamp();
        if (!Send(target, sequence))
            return null;
        while (Receive(TimeSpan.FromSeconds(1) - Stopwatch.GetElapsedTime(began)) is { } reply)
        {
            if (reply.Sequence == sequence && reply.From.Equals(target))
                return Stopwatch.GetElapsedTime(began);
        }

        return null;
    }

    public void Dispose() => _socket.Dispose();

    private bool Poll(TimeSpan wait)
    {
        try
        {
            return _socket.Poll(wait, SelectMode.SelectRead);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // RFC 1071: the one's complement of the one's complement sum of all 16-bit words.
    private static ushort Checksum(ReadOnlySpan<byte> packet)
    {
        uint sum = 0;
        for (var i = 0; i < packet.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(packet[i..]);
        while (sum > ushort.MaxValue)
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        return (ushort)~sum;
    }
}
