namespace Fabric.Node.Cni;

/// <summary>An interface of a result.</summary>
/// <param name="Mac">As the plugin wrote it, empty where there is none: not every plugin's is 48 bits.</param>
/// <param name="Sandbox">The namespace's path; empty for an interface of the node.</param>
/// <param name="MtuBytes">0 if unknown. Since 1.1.0.</param>
/// <param name="SocketPath">Since 1.1.0.</param>
/// <param name="PciId">Since 1.1.0.</param>
public sealed record CniInterface(
    string Name, string Mac, string Sandbox, int MtuBytes = 0, string SocketPath = "", string PciId = "");
