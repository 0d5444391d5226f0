namespace Fabric.Messages.Cni;

/// <summary>What the binary could do with <c>CNI_NETNS</c>. The numbers are the wire format.</summary>
public enum CniNetNs
{
    /// <summary>The variable was missing or empty, as in a runtime's repeated DEL.</summary>
    NotGiven = 0,

    /// <summary>Opened; its descriptor travels with the request's first byte.</summary>
    Attached = 1,

    /// <summary>Named but not openable (only DEL goes on then).</summary>
    Unopenable = 2,
}
