using System.Collections.Immutable;
using Fabric.Messages;
using Fabric.Node;

namespace Fabric.Contracts;

/// <summary>A kernel under test, and what others on the same machine do to it.</summary>
public abstract class KernelBench : IDisposable
{
    public abstract IKernel Kernel { get; }

    /// <summary>A pod's new namespace, held open.</summary>
    public abstract Sandbox NewSandbox();

    /// <summary>Takes the namespace's path away: from then on only its holders keep it.</summary>
    public abstract void RemovePath(Sandbox sandbox);

    /// <summary>Somebody else's link on the host, without an alias.</summary>
    public abstract void AddForeignLink(string name);

    /// <summary>Somebody else's interface in a pod.</summary>
    public abstract void AddForeignInterface(Sandbox sandbox, string name);

    /// <summary>What a crash leaves between making the pair and naming it.</summary>
    public abstract void AddUnnamedPair(PodLinkRequest request, Sandbox sandbox);

    public abstract void DeleteLink(string name);

    public abstract bool HasLink(string name);

    public abstract bool HasInterface(Sandbox sandbox, string name);

    /// <summary>Fails the test if <paramref name="condition"/> does not hold in time.</summary>
    public abstract Task EventuallyAsync(Func<bool> condition, string what);

    public abstract void Dispose();

    /// <summary>An attachment as the node asks for it; <paramref name="number"/> makes names and addresses its own.</summary>
    public static PodLinkRequest Request(int number, string ifName = "eth0") => new(
        AttachmentId.Parse($"pod{number}/{ifName}"),
        new InterfaceName($"fabt{number}"),
        MacAddress.Parse($"0a:58:0a:f4:03:{number:x2}"),
        1400,
        [AddressPrefix.Parse($"10.244.3.{number + 10}/24"), AddressPrefix.Parse($"2001:db8:3::{number + 10:x}/64")],
        [new PodRoute(Cidr.Parse("0.0.0.0/0"), IpAddress.Parse("10.244.3.1")),
            new PodRoute(Cidr.Parse("::/0"), IpAddress.Parse("2001:db8:3::1"))]);

    public static ImmutableArray<string> AddressesOf(PodLinkSeen seen) =>
        [.. seen.Addresses.Select(a => a.ToString()).Where(a => !a.StartsWith("fe80:", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
