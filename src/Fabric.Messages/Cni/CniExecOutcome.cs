namespace Fabric.Messages.Cni;

/// <summary>How a delegated plugin's run ended. The numbers are the wire format.</summary>
public enum CniExecOutcome
{
    /// <summary>It exited; the status is its exit code.</summary>
    Exited = 0,

    /// <summary>A signal ended it; the status is the signal's number.</summary>
    Signaled = 1,

    /// <summary>The name holds a slash, is empty, or no directory of CNI_PATH has such an executable; nothing
    /// ran.</summary>
    NotFound = 2,

    /// <summary>It was found and couldn't be started; the status is the errno.</summary>
    NotStarted = 3,

    /// <summary>It ran past its deadline and was killed.</summary>
    TimedOut = 4,

    /// <summary>It wrote more than fits in a frame and was killed.</summary>
    OutputTooLong = 5,
}
