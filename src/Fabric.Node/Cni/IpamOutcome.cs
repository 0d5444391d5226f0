namespace Fabric.Node.Cni;

/// <summary>What a delegated IPAM plugin's run means for the call.</summary>
public abstract record IpamOutcome
{
    private IpamOutcome()
    {
    }

    /// <summary>ADD: the addresses to use.</summary>
    public sealed record Leased(IpamResult Result) : IpamOutcome;

    /// <summary>DEL, CHECK, GC and STATUS: nothing to say.</summary>
    public sealed record Done : IpamOutcome;

    /// <summary>The plugin failed; for STATUS its error is the answer, for GC one of the failures to report.</summary>
    public sealed record Failed(CniError Error) : IpamOutcome;
}
