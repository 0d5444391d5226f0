namespace Fabric.Simulation;

/// <summary>What kernel and Open vSwitch do wrong, as probabilities for each call.</summary>
internal sealed record HostFaults
{
    public double KernelFails { get; init; }

    /// <summary>Attaching fails when the pair was made already.</summary>
    public double AttachBreaks { get; init; }

    public double SwitchFails { get; init; }

    /// <summary>The call is carried out, and the session is lost before its answer.</summary>
    public double AnswerLost { get; init; }

    public TimeSpan SlowestCall { get; init; } = TimeSpan.FromMilliseconds(30);

    public static HostFaults None { get; } = new();
}
