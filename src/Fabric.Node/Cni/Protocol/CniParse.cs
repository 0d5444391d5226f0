namespace Fabric.Node.Cni;

/// <summary>The outcome of <see cref="CniRequest.Parse"/>.</summary>
public abstract record CniParse
{
    private CniParse()
    {
    }

    /// <summary>The call is well formed.</summary>
    public sealed record Parsed(CniRequest Request) : CniParse;

    /// <summary>The call is not; nothing may change.</summary>
    /// <param name="CniVersion">The version to write the error in; empty if the call doesn't tell.</param>
    public sealed record Failed(CniError Error, string CniVersion) : CniParse;
}
