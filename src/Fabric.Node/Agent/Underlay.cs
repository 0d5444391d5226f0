using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Fabric.Linux.Route;
using Fabric.Messages;

namespace Fabric.Node;

/// <summary>What the node's underlay is like: its own address, and how large a packet fits.</summary>
public static class Underlay
{
    /// <summary>The source address of the default route; no packet is sent to find it.</summary>
    /// <exception cref="AgentException">There is no default route.</exception>
    public static ImmutableArray<IpAddress> DefaultAddress()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            // An address for documentation (RFC 5737): connecting a datagram socket only looks up the route.
            socket.Connect(IPAddress.Parse("192.0.2.1"), 9);
            return [IpAddress.From(((IPEndPoint)socket.LocalEndPoint!).Address)];
        }
        catch (SocketException e)
        {
            throw new AgentException($"--underlay-address is not set and there is no default route to take it from: {e.Message}");
        }
    }

    /// <summary>Whether an interface of this machine (of this network namespace) holds the address.</summary>
    public static bool IsOwn(IpAddress address) => DeviceOf(address) is not null;

    /// <summary>The smallest MTU of the interfaces that hold the addresses.</summary>
    /// <exception cref="AgentException">No interface holds one of them.</exception>
    public static int MtuBytes(ImmutableArray<IpAddress> addresses)
    {
        // Not from /sys: that shows the interfaces of the network namespace in which it was mounted.
        using var netlink = RouteNetlink.Open();
        var smallest = int.MaxValue;
        foreach (var address in addresses)
        {
            var device = DeviceOf(address)
                ?? throw new AgentException($"--underlay-address {address} is not an address of this machine");
            smallest = Math.Min(smallest, netlink.FindLink(device.Name)?.MtuBytes
                ?? throw new AgentException($"--underlay-address {address}: its interface {device.Name} has just gone"));
        }
        return smallest;
    }

    private static NetworkInterface? DeviceOf(IpAddress address) => NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(
        i => i.GetIPProperties().UnicastAddresses.Any(u =>
            u.Address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 && IpAddress.From(u.Address) == address));
}
