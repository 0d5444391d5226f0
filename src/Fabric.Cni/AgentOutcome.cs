namespace Fabric.Cni;

/// <summary>How a send or receive on the agent's connection ended.</summary>
internal enum AgentOutcome
{
    Done,

    /// <summary>The agent went away.</summary>
    Closed,

    /// <summary>The deadline has passed.</summary>
    TimedOut,

    /// <summary>A frame of another protocol version arrived; the header says which.</summary>
    OtherVersion,

    /// <summary>What arrived is no frame.</summary>
    Garbled,
}
