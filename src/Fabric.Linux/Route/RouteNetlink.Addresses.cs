using System.Net;
using System.Net.Sockets;
using Fabric.Linux.Interop;
using Fabric.Linux.Netlink;

namespace Fabric.Linux.Route;

public sealed partial class RouteNetlink
{
    /// <summary>Adds an address; EEXIST when the link has it.</summary>
    public void AddAddress(InterfaceAddress address) => Request(
        AddressMessage.New, NetlinkBatch.Create | NetlinkBatch.Exclusive, AddText(address),
        writer => AddressMessage.Write(writer, address));

    /// <summary>Adds an address, or updates flags and lifetime of the same one.</summary>
    public void ReplaceAddress(InterfaceAddress address) => Request(
        AddressMessage.New, NetlinkBatch.Create | NetlinkBatch.Replace, AddText(address),
        writer => AddressMessage.Write(writer, address));

    /// <summary>Deletes an address.</summary>
    /// <returns>False when the link did not have it.</returns>
    public bool DeleteAddress(InterfaceAddress address) => Removed(
        AddressMessage.Delete, $"delete address {Text(address)} of link {address.LinkIndex}",
        writer => AddressMessage.Write(writer, address));

    /// <summary>Lists addresses of both families, of one link or (0) of all.</summary>
    public IReadOnlyList<InterfaceAddress> ListAddresses(int linkIndex = 0) => _socket.List(
        "list addresses", AddressMessage.Get, writer => AddressMessage.WriteList(writer, linkIndex),
        static body => AddressMessage.Parse(body));

    /// <summary>Adds a route; EEXIST when one of the same destination, table and metric exists.</summary>
    public void AddRoute(Route route) => Request(
        RouteMessage.New, NetlinkBatch.Create | NetlinkBatch.Exclusive, $"add {Text(route)}",
        writer => RouteMessage.Write(writer, route, deleting: false));

    /// <summary>Adds a route, or replaces the one of the same destination, table and metric.</summary>
    public void ReplaceRoute(Route route) => Request(
        RouteMessage.New, NetlinkBatch.Create | NetlinkBatch.Replace, $"replace {Text(route)}",
        writer => RouteMessage.Write(writer, route, deleting: false));

    /// <summary>Deletes the route that has the given properties.</summary>
    /// <returns>False when there was none.</returns>
    public bool DeleteRoute(Route route) => Removed(
        RouteMessage.Delete, $"delete {Text(route)}", writer => RouteMessage.Write(writer, route, deleting: true));

    /// <summary>Lists routes of one family, of one table or (null) all, of one link or (null) all.</summary>
    /// <remarks>A route with several next hops is listed with link 0.</remarks>
    public IReadOnlyList<Route> ListRoutes(
        AddressFamily family, uint? table = Route.MainTable, int? linkIndex = null)
    {
        var code = FamilyCode(family);
        try
        {
            return _socket.List(
                "list routes", RouteMessage.Get, writer => RouteMessage.WriteList(writer, code, table, linkIndex),
                static body => RouteMessage.Parse(body));
        }
        catch (NetlinkException exception) when (exception.IsNotFound)
        {
            // The kernel makes a table when its first route comes.
            return [];
        }
    }

    /// <summary>Adds a neighbour entry; EEXIST when there is one.</summary>
    public void AddNeighbour(Neighbour neighbour) => Request(
        NeighbourMessage.New, NetlinkBatch.Create | NetlinkBatch.Exclusive, $"add {Text(neighbour)}",
        writer => NeighbourMessage.Write(writer, neighbour));

    /// <summary>Adds or replaces a neighbour entry.</summary>
    public void ReplaceNeighbour(Neighbour neighbour) => Request(
        NeighbourMessage.New, NetlinkBatch.Create | NetlinkBatch.Replace, $"replace {Text(neighbour)}",
        writer => NeighbourMessage.Write(writer, neighbour));

    /// <summary>Deletes a neighbour entry.</summary>
    /// <returns>False when there was none.</returns>
    public bool DeleteNeighbour(int linkIndex, IPAddress address)
    {
        var neighbour = new Neighbour { LinkIndex = linkIndex, Address = address, State = NeighbourStates.None };
        return Removed(
            NeighbourMessage.Delete, $"delete {Text(neighbour)}", writer => NeighbourMessage.Write(writer, neighbour));
    }

    /// <summary>Makes the kernel resolve a neighbour now, so that the first packet to it is not lost.</summary>
    /// <remarks>Returns at once; the entry becomes reachable when the neighbour answers (NTF_USE).</remarks>
    public void ProbeNeighbour(int linkIndex, IPAddress address)
    {
        var neighbour = new Neighbour { LinkIndex = linkIndex, Address = address, State = NeighbourStates.None };
        Request(
            NeighbourMessage.New, NetlinkBatch.Create, $"probe {Text(neighbour)}",
            writer => NeighbourMessage.Write(writer, neighbour, NeighbourMessage.Use));
    }

    /// <summary>Lists the neighbour entries of one family, of one link or (0) of all.</summary>
    public IReadOnlyList<Neighbour> ListNeighbours(AddressFamily family, int linkIndex = 0)
    {
        var code = FamilyCode(family);
        return _socket.List(
            "list neighbours", NeighbourMessage.Get, writer => NeighbourMessage.WriteList(writer, code, linkIndex),
            static body => NeighbourMessage.Parse(body));
    }

    internal static string AddText(InterfaceAddress address) =>
        $"add address {Text(address)} to link {address.LinkIndex}";

    internal static string Text(Route route) =>
        $"route {route.Destination}{(route.Gateway is null ? "" : $" via {route.Gateway}")} on link {route.LinkIndex}"
        + (route.Table == Route.MainTable ? "" : $" in table {route.Table}");

    private static string Text(InterfaceAddress address) => $"{address.Address}/{address.PrefixLength}";

    private static string Text(Neighbour neighbour) => $"neighbour {neighbour.Address} on link {neighbour.LinkIndex}";

    private static byte FamilyCode(AddressFamily family) => family switch
    {
        AddressFamily.InterNetwork => Libc.AfInet,
        AddressFamily.InterNetworkV6 => Libc.AfInet6,
        _ => throw new ArgumentOutOfRangeException(nameof(family), family, "neither IPv4 nor IPv6"),
    };

    private bool Removed(ushort type, string operation, Action<NetlinkWriter> write)
    {
        try
        {
            Request(type, 0, operation, write);
            return true;
        }
        catch (NetlinkException exception) when (exception.IsNotFound)
        {
            return false;
        }
    }
}
