namespace Fabric.Ovs.OpenFlow;

/// <summary>The kinds of <see cref="OpenFlowException"/>.</summary>
public enum OpenFlowFailure
{
    /// <summary>The switch answered with an error message.</summary>
    Refused,

    /// <summary>The connection could not be made, or is gone; whether the request took effect is unknown.</summary>
    Disconnected,

    /// <summary>No answer before the deadline; whether the request took effect is unknown.</summary>
    Timeout,

    /// <summary>The switch sent something that is not OpenFlow 1.5.</summary>
    Protocol,
}
