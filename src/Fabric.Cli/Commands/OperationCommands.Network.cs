using System.CommandLine;
using System.Globalization;
using Fabric.Messages;

namespace Fabric.Cli;

/// <summary><c>fabric network create|list|delete</c></summary>
internal sealed partial class OperationCommands
{
    private readonly Argument<string> _network = new("NAME") { Description = "The network's name, as the CNI configuration's key network has it" };

    public Command Network(Command list)
    {
        add(list, ["fabric network list", "fabric network list -o json | jq '.networks[].vni'"]);
        var delete = Make("delete", "Deletes a virtual network that no node holds an address of.", AdminPaths.DeleteNetwork,
            parsed => [("network", parsed.GetValue(_network))], "fabric network delete blue");
        delete.Add(_network);
        var network = new Command("network", "Isolated virtual networks beside the default one.") { Create(), list, delete };
        add(network, ["fabric network create blue --subnet 10.9.0.0/16", "fabric network list", "fabric network delete blue"]);
        return network;
    }

    private Command Create()
    {
        var subnet = new Option<string>("--subnet")
        {
            Description = "The addresses of its pods, one subnet for each family; may overlap any other network's",
            HelpName = "CIDR[,CIDR6]",
            Required = true,
        };
        var gateway = new Option<string?>("--gateway")
        {
            Description = "The first address of each subnet unless given; answers ARP and is no host", HelpName = "IP[,IP6]",
        };
        var exclude = new Option<string?>("--exclude") { Description = "Addresses or CIDRs that no pod gets", HelpName = "A[,B…]" };
        var vni = new Option<int?>("--vni") { Description = "The next one from 4096 up unless given", HelpName = "N" };
        var length = new Option<string?>("--block-prefix-length")
        {
            Description = "The size of the blocks that nodes take, for each subnet; 26, or 120 for IPv6, unless given", HelpName = "N[,N6]",
        };
        var create = Make("create", "Makes an isolated virtual network. It can't be changed, only deleted.", AdminPaths.CreateNetwork,
            parsed =>
            [
                ("network", parsed.GetValue(_network)), ("subnet", parsed.GetValue(subnet)), ("gateway", parsed.GetValue(gateway)),
                ("exclude", parsed.GetValue(exclude)), ("vni", parsed.GetValue(vni)?.ToString(CultureInfo.InvariantCulture)),
                ("blockPrefixLength", parsed.GetValue(length)),
            ],
            "fabric network create blue --subnet 10.9.0.0/16",
            "fabric network create red --subnet 10.9.0.0/24,fd09::/64 --exclude 10.9.0.250 --block-prefix-length 27");
        create.Add(_network);
        foreach (var option in (Option[])[subnet, gateway, exclude, vni, length])
            create.Add(option);
        return create;
    }
}
