using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fabric.Linux.Interop;
using Fabric.Linux.Netlink;
using Fabric.Linux.Route;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Linux.Pods;

public sealed partial class PodLink
{
    /// <summary>Tells the neighbours where addresses are now: one ARP or neighbour announcement for each.</summary>
    /// <remarks>Sent from inside the pod, so it takes the way of the pod's own packets. Returns when the frames are
    /// with the kernel.</remarks>
    /// <exception cref="PodLinkException">There is no such interface, or it is down.</exception>
    public static void Announce(NetworkNamespace pod, string interfaceName, IReadOnlyList<IPAddress> addresses) =>
        Guard($"announce the addresses of {interfaceName}", () =>
        {
            var (socket, inside) = pod.Run(() => (OpenPacketSocket(interfaceName), RouteNetlink.Open()));
            try
            {
                using (inside)
                {
                    var link = inside.FindLink(interfaceName)
                        ?? throw new NetlinkException($"get link {interfaceName}", Interop.Errno.NoDevice);
                    foreach (var address in addresses)
                        SendFrame(socket, link, Announcement.Frame(address, link.Mac), address);
                }
            }
            finally
            {
                // The kernel waits for a grace period when a packet socket closes (packet_release, synchronize_net): about
                // 10 ms that no attachment need wait for.
                ThreadPool.UnsafeQueueUserWorkItem(static closing => closing.Dispose(), socket, preferLocal: false);
            }
        });

    // Protocol 0: the socket sends and never receives.
    private static SafeFileHandle OpenPacketSocket(string interfaceName) => Libc.Owned(
        Libc.Socket(Libc.AfPacket, Libc.SockRaw | Libc.SockCloexec, 0), $"open packet socket for {interfaceName}");

    private static unsafe void SendFrame(SafeFileHandle socket, Link link, byte[] frame, IPAddress address)
    {
        var etherType = address.AddressFamily == AddressFamily.InterNetwork
            ? Announcement.ArpEtherType
            : Announcement.Inet6EtherType;
        var target = new PacketAddress
        {
            Family = Libc.AfPacket,
            Protocol = BinaryPrimitives.ReverseEndianness(etherType),
            Index = link.Index,
            AddressLength = 6,
        };
        fixed (byte* data = frame)
        {
            if (Libc.SendTo(socket, data, (nuint)frame.Length, 0, &target, (uint)sizeof(PacketAddress)) < 0)
                throw SystemCallException.FromLastError($"announce {address} on {link.Name}");
        }
    }

    /// <summary><c>struct sockaddr_ll</c> (packet(7)); the frame itself holds the hardware addresses.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 20)]
    private struct PacketAddress
    {
        public ushort Family;
        public ushort Protocol;
        public int Index;
        public ushort HardwareType;
        public byte PacketType;
        public byte AddressLength;
    }
}
