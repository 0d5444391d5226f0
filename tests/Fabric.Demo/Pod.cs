using System.Net;
using System.Text.Json;

namespace Fabric.Demo;

/// <summary>A pod that a node's agent has attached.</summary>
internal sealed class Pod
{
    private readonly string _result;

    private Pod(Node node, Sandbox sandbox, string result, TimeSpan took)
    {
        (Node, Sandbox, _result, Took) = (node, sandbox, result, took);
        using var json = JsonDocument.Parse(result);
        var ip = json.RootElement.GetProperty("ips")[0];
        Address = IPAddress.Parse(ip.GetProperty("address").GetString()!.Split('/')[0]);
        Gateway = IPAddress.Parse(ip.GetProperty("gateway").GetString()!);
    }

    public Node Node { get; }

    public Sandbox Sandbox { get; }

    public string Name => Sandbox.PodName;

    public Net Net => Sandbox.Net;

    public IPAddress Address { get; }

    public IPAddress Gateway { get; }

    /// <summary>How long the ADD took.</summary>
    public TimeSpan Took { get; }

    /// <summary>CNI ADD into a new namespace.</summary>
    public static Pod Attach(Node node, string name)
    {
        var sandbox = new Sandbox(name, Net.Make(name));
        var run = Plugin.Fabric(node, "ADD", sandbox);
        return run.Code == 0
            ? new Pod(node, sandbox, run.Output, run.Took)
            : throw new DemoException($"ADD of pod {name} failed with code {run.Code}: {run.Output.Trim()}");
    }

    /// <summary>CNI DEL; the namespace stays, so that what is left in it can be seen.</summary>
    public TimeSpan Detach()
    {
        var run = Plugin.Fabric(Node, "DEL", Sandbox, _result);
        return run.Code == 0
            ? run.Took
            : throw new DemoException($"DEL of pod {Name} failed with code {run.Code}: {run.Output.Trim()}");
    }
}
