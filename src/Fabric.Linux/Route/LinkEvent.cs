namespace Fabric.Linux.Route;

/// <summary>Something that happened to the links of a namespace.</summary>
public abstract record LinkEvent
{
    private LinkEvent()
    {
    }

    /// <summary>A link came, or anything of it changed; the link is as after the change.</summary>
    public sealed record Changed(Link Link) : LinkEvent;

    /// <summary>A link is gone, or moved to another namespace.</summary>
    public sealed record Removed(Link Link) : LinkEvent;

    /// <summary>Events were lost because the reader was slow (ENOBUFS): list the links anew.</summary>
    public sealed record Overrun : LinkEvent;
}
