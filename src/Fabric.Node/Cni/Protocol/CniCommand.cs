namespace Fabric.Node.Cni;

/// <summary>What a runtime asks of the agent (CNI SPEC 1.1, section 2); VERSION never leaves the binary.</summary>
public enum CniCommand
{
    Add,
    Del,
    Check,
    Gc,
    Status,
}
