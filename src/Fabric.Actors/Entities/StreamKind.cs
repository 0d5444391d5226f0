namespace Fabric.Actors;

/// <summary>Whether a stream's appends gate its effects (docs/architecture.md, engine).</summary>
public enum StreamKind
{
    /// <summary>Write-ahead: no append, no effect.</summary>
    Decision,

    /// <summary>Written after the fact and gating nothing: when it can't be written, work goes on and the gap is recorded.</summary>
    Record,
}
