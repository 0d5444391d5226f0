using Fabric.Linux.Route;

namespace Fabric.Linux.Pods;

/// <summary>A pod's interface as the kernel has it, for comparison with what was once reported (CNI CHECK).</summary>
/// <param name="Link">The interface.</param>
/// <param name="Addresses">Its addresses of both families, link-local ones too.</param>
/// <param name="Routes">The routes through it in the main table, the kernel's own too.</param>
public sealed record PodLinkState(
    Link Link, IReadOnlyList<InterfaceAddress> Addresses, IReadOnlyList<Route.Route> Routes);
