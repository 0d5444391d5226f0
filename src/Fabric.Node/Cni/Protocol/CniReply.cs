using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

/// <summary>The agent's last frame for each outcome of a call.</summary>
public static class CniReply
{
    /// <summary>ADD succeeded.</summary>
    public static CniResultFrame Added(CniResult result, string cniVersion) => new(0, CniResultWriter.Write(result, cniVersion));

    /// <summary>DEL, CHECK, GC or STATUS succeeded: CNI asks for no output.</summary>
    public static CniResultFrame Done { get; } = new(0, default);

    /// <summary>The call failed; a runtime reads the error from stdout when the exit code isn't 0.</summary>
    public static CniResultFrame Failed(CniError error, string cniVersion)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new CniResultFrame(1, error.ToJson(cniVersion));
    }
}
