namespace Fabric.Node;

/// <summary>What came of an operation on the cluster.</summary>
public abstract record OperationOutcome
{
    private OperationOutcome()
    {
    }

    public sealed record Done(string What) : OperationOutcome;

    /// <summary>Nothing has changed.</summary>
    public sealed record Refused(string Code, string Message) : OperationOutcome;

    /// <summary>It may have happened: ask again.</summary>
    public sealed record Unavailable(string Reason) : OperationOutcome;
}
