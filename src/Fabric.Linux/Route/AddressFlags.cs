namespace Fabric.Linux.Route;

/// <summary>Address flags (IFA_F_*, linux/if_addr.h).</summary>
[Flags]
public enum AddressFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>A secondary (IPv4) or temporary (IPv6) address.</summary>
    Secondary = 0x01,

    /// <summary>Usable at once, without duplicate address detection; IPv6 only.</summary>
    NoDad = 0x02,

    /// <summary>Duplicate address detection found another holder.</summary>
    DadFailed = 0x08,

    /// <summary>Its preferred lifetime has passed.</summary>
    Deprecated = 0x20,

    /// <summary>Duplicate address detection is under way.</summary>
    Tentative = 0x40,

    /// <summary>Has no limited lifetime.</summary>
    Permanent = 0x80,

    /// <summary>The kernel makes no route to the subnet.</summary>
    NoPrefixRoute = 0x200,
}
