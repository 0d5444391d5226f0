namespace Fabric.Linux.Nftables;

/// <summary>Thrown when libnftables refuses a command or can't be loaded.</summary>
public sealed class NftablesException : Exception
{
    internal NftablesException(string operation, string text, Exception? cause = null)
        : base($"{operation}: {text}", cause)
    {
        Operation = operation;
        Text = text;
    }

    /// <summary>What was attempted.</summary>
    public string Operation { get; }

    /// <summary>nft's own words, with the line they are about.</summary>
    public string Text { get; }

    /// <summary>Always false: libnftables gives no code, and retries what the kernel wants retried by itself.</summary>
    public bool IsTransient => false;
}
