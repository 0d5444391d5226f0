using Microsoft.Win32.SafeHandles;

namespace Fabric.Actors;

/// <summary>A prepared statement.</summary>
internal sealed class SqliteStatementHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public SqliteStatementHandle() : base(ownsHandle: true)
    {
    }

    // sqlite3_finalize repeats the error of the last step, which has been reported already.
    protected override bool ReleaseHandle()
    {
        _ = SqliteNative.Finalize(handle);
        return true;
    }
}
