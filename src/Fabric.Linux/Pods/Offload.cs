using System.Runtime.InteropServices;
using System.Text;
using Fabric.Linux.Interop;

namespace Fabric.Linux.Pods;

/// <summary>Switches a device's checksum offload (ethtool(8) <c>-K DEV tx</c>, linux/ethtool.h).</summary>
/// <remarks>The userspace datapath of Open vSwitch forwards a frame as it reads it: with the checksum left to a
/// device that never comes, the receiver drops every TCP and UDP packet, though ping works.</remarks>
internal static unsafe class Offload
{
    private const uint SetTransmitChecksum = 0x17; // ETHTOOL_STXCSUM

    /// <summary>Switches transmit checksumming off, in the calling thread's namespace.</summary>
    /// <exception cref="SystemCallException">There is no such device, or the driver refuses.</exception>
    public static void DisableTransmitChecksum(string device)
    {
        var operation = $"switch transmit checksum offload of {device} off";
        using var socket = Libc.Owned(
            Libc.Socket(Libc.AfInet, Libc.SockDgram | Libc.SockCloexec, 0), operation);
        var value = new EthtoolValue { Command = SetTransmitChecksum, Data = 0 };
        var request = new InterfaceRequest { Data = &value };
        if (Encoding.UTF8.GetByteCount(device) > 15)
            throw new SystemCallException(operation, Errno.NoDevice, "the name is longer than 15 bytes");
        Encoding.UTF8.GetBytes(device, new Span<byte>(request.Name, 15));
        if (Libc.Ioctl(socket, Libc.SiocEthtool, &request) < 0)
            throw SystemCallException.FromLastError(operation);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct EthtoolValue
    {
        public uint Command;
        public uint Data;
    }

    /// <summary><c>struct ifreq</c>, 40 bytes.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 40)]
    private struct InterfaceRequest
    {
        public fixed byte Name[16];
        public void* Data;
    }
}
